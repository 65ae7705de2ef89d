"""Baselines: what they learn is the mean frame and the nearest sound."""

from pathlib import Path

import numpy as np

from apvg_core.data.manifest import read_manifest
from apvg_core.data.selection import select
from apvg_core.data.shards import Shard
from apvg_core.evaluation.baselines import mean_frame, nearest_audio


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
    assert nearest_audio(opened, windows) == [(1, k) for k in range(3, 9)]
