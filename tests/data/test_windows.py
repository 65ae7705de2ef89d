from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.selection import select
from apvg_core.data.windows import SequenceSampler
from apvg_core.errors import ShardError
from apvg_core.units import CQT_FLOOR_DB
from tests.conftest import SIZE, write_shard


def sampler(root: Path, **changes: object) -> SequenceSampler:
    entries = select(read_manifest(root), split="train")
    options = {"performers": ["p1"], "batch": 3, "length": 5, "seed": 0, "frames": True, **changes}
    return SequenceSampler(root, entries, **options)


def test_a_batch_is_a_function_of_seed_and_step(shards: Path) -> None:
    one, other = sampler(shards).draw(7), sampler(shards).draw(7)
    assert torch.equal(one.windows, other.windows)
    assert torch.equal(one.frames, other.frames)
    assert not torch.equal(one.windows, sampler(shards).draw(8).windows)
    assert not torch.equal(one.windows, sampler(shards, seed=1).draw(7).windows)


def test_prefetching_changes_nothing(shards: Path) -> None:
    for step, batch in sampler(shards).batches(2, 5):
        assert torch.equal(batch.windows, sampler(shards).draw(step).windows)


def test_sequences_are_consecutive_frames_of_one_shard(shards: Path) -> None:
    drawn = sampler(shards)
    batch = drawn.draw(0)
    assert batch.windows.shape == (3, 5, 84, 87)
    assert batch.frames.shape == (3, 5, SIZE, SIZE, 3)
    for k in range(3):
        shard, start = drawn.shards[batch.shard[k]], int(batch.start[k])
        np.testing.assert_array_equal(batch.keypoints[k], shard.keypoints[start : start + 5])
        np.testing.assert_array_equal(batch.frames[k], shard.frames(start, start + 5))
        np.testing.assert_array_equal(batch.windows[k], shard.windows(start, start + 5))


def test_lookahead_reads_the_windows_that_follow(shards: Path) -> None:
    near, far = sampler(shards, batch=16), sampler(shards, batch=16, lookahead=4)
    short, long = near.draw(0), far.draw(0)
    assert torch.equal(long.windows[:, :5], short.windows)
    assert torch.equal(long.keypoints, short.keypoints)
    for windows, index, start in zip(long.windows, long.shard, long.start, strict=True):
        np.testing.assert_array_equal(windows, far.shards[index].windows(int(start), int(start) + 9))


def test_history_reads_the_windows_before_and_silence_before_the_recording(shards: Path) -> None:
    plain, drawn = sampler(shards, batch=64).draw(0), sampler(shards, batch=64, history=30, lookahead=2)
    batch = drawn.draw(0)
    assert batch.windows.shape == (64, 30 + 5 + 2, 84, 87)
    assert torch.equal(batch.windows[:, 30:35], plain.windows)
    for windows, index, start in zip(batch.windows, batch.shard, batch.start, strict=True):
        before = int(start)  # frames that there are
        np.testing.assert_array_equal(windows[30 - before : 30], drawn.shards[index].windows(0, before))
        # windows are half a second, ten frames a second: five frames before the first there is no sound
        assert (windows[: max(0, 30 - before - 5)] == CQT_FLOOR_DB).all()


def test_shares_of_a_batch_are_the_batch(shards: Path) -> None:
    whole = sampler(shards, batch=4).draw(3)
    halves = [sampler(shards, batch=4, share=(k, 2)).draw(3) for k in (0, 1)]
    assert whole.sample.tolist() == [0, 1, 2, 3]
    for k, half in enumerate(halves):
        assert half.sample.tolist() == [k, k + 2]
        for name in ("windows", "frames", "keypoints", "start", "shard"):
            assert torch.equal(getattr(half, name), getattr(whole, name)[k::2]), name


def test_every_start_is_drawn(shards: Path) -> None:
    drawn = sampler(shards, batch=64, frames=False)
    seen = {place for step in range(10) for place in zip(*_places(drawn.draw(step)), strict=True)}
    assert seen == {(shard, start) for shard in (0, 1) for start in range(26)}  # 30 frames, 5 a sequence


def _places(batch):
    return batch.shard.tolist(), batch.start.tolist()


def test_where_all_recordings_are_long_enough_the_draws_are_as_ever(shards: Path) -> None:
    batch = sampler(shards, batch=6).draw(7)
    assert _places(batch) == ([1, 1, 1, 0, 0, 0], [15, 21, 15, 20, 25, 9])
    assert batch.valid.all()


def test_a_recording_shorter_than_a_sequence_is_padded_and_masked(tmp_path: Path) -> None:
    write_shard(tmp_path, name="a", split="train", seconds=0.3, seed=0)
    write_shard(tmp_path, name="b", split="train", seconds=0.5, seed=1)
    write_manifest(tmp_path)
    drawn = sampler(tmp_path, batch=32, lookahead=9)
    batch = drawn.draw(0)
    assert set(zip(*_places(batch), strict=True)) == {(0, 0), (1, 0)}  # either has one start
    (index, *_), (whole, *_) = ((batch.shard == k).nonzero()[:, 0].tolist() for k in (0, 1))
    assert batch.valid[index].tolist() == [True] * 3 + [False] * 2
    assert batch.valid[whole].all()
    short = drawn.shards[0]
    for name, values in (("frames", short.frames(0, 3)), ("keypoints", short.keypoints)):
        got = getattr(batch, name)[index].numpy()
        np.testing.assert_array_equal(got[:3], values)
        np.testing.assert_array_equal(got[3:], np.stack([values[2]] * 2))
    np.testing.assert_array_equal(batch.visible[index, :3], short.visible)
    assert not batch.visible[index, 3:].any()
    np.testing.assert_array_equal(batch.windows[index, :3], short.windows(0, 3))
    assert (batch.windows[index, 3 + 5 :] == CQT_FLOOR_DB).all()  # half a window behind the last frame


def test_what_is_too_short_to_learn_from_is_counted_aloud(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_shard(tmp_path, name="a", split="train", seconds=0.1, seed=0)
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match=r"Every recording in .* is shorter than 2 frames"):
        sampler(tmp_path)
    write_shard(tmp_path, name="b", split="train", seconds=0.2, seed=0)
    write_manifest(tmp_path)
    assert sampler(tmp_path).draw(0).shard.tolist() == [1, 1, 1]
    assert caplog.messages == ["1 recording of fewer than 2 frames left out: a."]
    with pytest.raises(ShardError, match="is shorter than 3 frames"):
        sampler(tmp_path, least=3)
    assert sampler(tmp_path, length=1).draw(0).valid.all()
