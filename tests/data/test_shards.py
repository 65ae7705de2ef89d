import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.data.shards import Shard, ShardWriter
from apvg_core.errors import ShardError
from apvg_core.features.cqt import stream_cqt
from apvg_core.units import CQT_FLOOR_DB
from tests.conftest import SIZE, melody, write_shard
from tests.files.limits import files_limited_to


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = write_shard(tmp_path, name="a", split="train", seconds=1, seed=0)
    with Shard(path) as shard:
        assert (shard.info.id, shard.info.instrument, shard.info.crop) == ("a", "theremin", (0, 0, SIZE))
        assert len(shard) == 10
        np.testing.assert_allclose(shard.times, np.arange(10) / 10)
        frames = shard.frames(0, 10)
        assert frames.shape == (10, SIZE, SIZE, 3)
        _, notes = melody(1, 0)
        top = int(8 + 36 * notes[0])
        np.testing.assert_allclose(frames[0, top + 6, 32], (220, 180, 90), atol=6)  # RGB, not BGR
        assert shard.audio().shape == (44_100,)
        assert not shard.visible[:, 10].any()
        assert shard.visible[:, 11].all()


def test_lossless_frames(tmp_path: Path) -> None:
    path = write_shard(tmp_path, name="a", split="train", seconds=0.2, seed=0)
    with Shard(path) as shard:
        info, content = shard.info, shard
        noise = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
        with ShardWriter(tmp_path / "other", info, lossless=True) as writer:
            writer.add_frame(noise)
            writer.add_cqt(np.zeros((84, 35), np.float32))
            writer.add_audio(content.audio())
            again = writer.finish(
                times=content.times[:1], keypoints=content.keypoints[:1],
                confidence=content.confidence[:1], imputed=content.imputed[:1],
            )  # fmt: skip
    with Shard(again) as shard:
        np.testing.assert_array_equal(shard.frames(0, 1)[0], noise)


def test_windows_are_slices_of_the_continuous_cqt(tmp_path: Path) -> None:
    path = write_shard(tmp_path, name="a", split="train", seconds=2, seed=0)
    cqt = np.concatenate(list(stream_cqt([melody(2, 0)[0]])), 1)
    with Shard(path) as shard:
        windows, further = shard.windows(0, 20), shard.windows(10, 26)
        np.testing.assert_array_equal(shard.middle_columns(), windows[:, :, 43])
    middle = round(1.0 * 44_100 / 256)
    np.testing.assert_array_equal(windows[10], cqt[:, middle - 43 : middle + 44])
    assert (windows[0, :, :43] == CQT_FLOOR_DB).all()  # nothing sounds before the recording
    np.testing.assert_array_equal(further[:10], windows[10:])
    np.testing.assert_array_equal(
        further[12],
        np.pad(cqt, [(0, 0), (0, 99)], constant_values=CQT_FLOOR_DB)[
            :, round(2.2 * 44_100 / 256) - 43 : round(2.2 * 44_100 / 256) + 44
        ],
    )
    assert (further[15] == CQT_FLOOR_DB).all()  # nor behind it


def test_around_the_clips_is_silence(tmp_path: Path) -> None:
    path = write_shard(tmp_path, name="a", split="train", seconds=0.5, seed=0, cqt_mode="clip")
    with h5py.File(path, "a") as file:
        clips = np.random.default_rng(0).normal(-40, 5, (5, 84, 87)).astype(np.float32)
        del file["cqt"]
        file["cqt"] = clips
    with Shard(path) as shard:
        earlier, windows = shard.windows(-3, 2), shard.windows(3, 7)
    np.testing.assert_array_equal(windows[:2], clips[3:])
    assert (earlier[:3] == CQT_FLOOR_DB).all()
    np.testing.assert_array_equal(earlier[3:], clips[:2])
    assert (windows[2:] == CQT_FLOOR_DB).all()


def test_a_later_segment_has_its_own_first_column(tmp_path: Path) -> None:
    whole = write_shard(tmp_path, name="a", split="train", seconds=2, seed=0)
    with Shard(whole) as shard:
        expected = shard.windows(10, 20)
    with h5py.File(whole, "a") as file:
        changes = {
            name: file[name][10:] for name in ("times", "keypoints", "confidence", "imputed", "frames")
        }
        changes["cqt"] = file["cqt"][:, 100:]
        info = json.loads(file.attrs["info"])
        for name, value in changes.items():
            kind = file[name].dtype
            del file[name]
            file.create_dataset(name, data=value, dtype=kind)
        file.attrs["info"] = json.dumps({**info, "first_column": 100})
    with Shard(whole) as shard:
        np.testing.assert_array_equal(shard.windows(0, 10), expected)


def test_an_interrupted_writer_leaves_nothing(tmp_path: Path) -> None:
    with Shard(write_shard(tmp_path / "whole", name="a", split="train", seconds=0.2, seed=0)) as shard:
        info, frame = shard.info, shard.frames(0, 1)[0]
    with pytest.raises(KeyboardInterrupt), ShardWriter(tmp_path / "broken", info) as writer:
        writer.add_frame(frame)
        raise KeyboardInterrupt
    assert not [p for p in (tmp_path / "broken").rglob("*") if p.is_file()]


@given(cut=st.floats(0, 0.999))
def test_a_shard_cut_short_is_one_sentence(tmp_path_factory: pytest.TempPathFactory, cut: float) -> None:
    root = tmp_path_factory.mktemp("cut")
    path = write_shard(root, name="a", split="train", seconds=0.5, seed=0)
    data = path.read_bytes()
    path.write_bytes(data[: int(cut * len(data))])
    with pytest.raises(ShardError, match=r"a\.h5 is damaged.*extract"):
        read_all(path)


def read_all(path: Path) -> None:
    with Shard(path) as shard:
        shard.frames(0, len(shard))
        shard.windows(0, len(shard))
        shard.audio()


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    path = write_shard(tmp_path, name="a", split="train", seconds=0.5, seed=0)
    with h5py.File(path, "a") as file:
        file.attrs["schema_version"] = 99
    with pytest.raises(ShardError, match=r"schema version 99.*extract it again"):
        Shard(path)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with files_limited_to(50_000), pytest.raises(OSError, match="File too large"):
        write_shard(tmp_path, name="a", split="train", seconds=2, seed=0)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert capfd.readouterr().err == ""
