"""Baselines: what they learn is the mean frame and the nearest sound."""

from pathlib import Path

import numpy as np

from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.selection import select
from apvg_core.data.shards import Shard
from apvg_core.evaluation.baselines import baselines, mean_frame, nearest_audio
from apvg_core.evaluation.recordings import training_recordings
from tests.conftest import write_shard


def test_mean_frame_is_the_mean(shards: Path) -> None:
    training = select(read_manifest(shards), split="train")
    frames = []
    for entry in training:
        with Shard(shards / entry.path) as shard:
            frames.append(shard.frames(0, len(shard)))
    expected = np.concatenate(frames).mean(0)
    np.testing.assert_allclose(mean_frame(shards, training), expected, atol=0.51)


def test_nearest_audio_finds_a_training_window_again(shards: Path) -> None:
    training = select(read_manifest(shards), split="train")
    opened = [Shard(shards / entry.path) for entry in training]
    windows = opened[1].windows(3, 9)
    assert [found[:2] for found in nearest_audio(opened, windows)] == [(1, k) for k in range(3, 9)]


def test_nearest_audio_knows_the_poses_of_what_was_never_filmed(tmp_path: Path) -> None:
    write_shard(tmp_path, name="film", split="train", seconds=2, seed=0)
    # the music of the recording that is scored, which nobody filmed
    write_shard(tmp_path, name="rehearsal", split="train", seconds=2, seed=1, has_images=False)
    write_shard(tmp_path, name="heard", split="validation", seconds=2, seed=1)
    write_manifest(tmp_path)
    scored = select(read_manifest(tmp_path), split="validation")
    learned = training_recordings(tmp_path, scored)
    assert [entry.id for entry in learned] == ["film", "rehearsal"]
    mean, nearest = baselines(tmp_path, learned, tmp_path)
    with Shard(tmp_path / scored[0].path) as shard, Shard(tmp_path / learned[0].path) as film:
        predicted = list(nearest.predict(shard))
        np.testing.assert_array_equal(np.concatenate([p.keypoints for p in predicted]), shard.keypoints)
        shown = {frame.tobytes() for frame in film.frames(0, len(film))}
        assert {p.frames[0].tobytes() for p in predicted} <= shown
        assert next(mean.predict(shard)).frames[0].tobytes() == mean_frame(tmp_path, learned[:1]).tobytes()
