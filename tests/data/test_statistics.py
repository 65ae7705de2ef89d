from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.shards import Shard
from apvg_core.data.statistics import spread_windows, window_statistics
from tests.conftest import write_shard


def test_statistics_are_those_of_the_middles_of_all_training_windows(shards: Path) -> None:
    training = [entry for entry in read_manifest(shards) if entry.split == "train"]
    columns = []
    for entry in training:
        with Shard(shards / entry.path) as shard:
            columns.append(shard.windows(0, len(shard))[:, :, 43])  # the middle of 87
    every = np.concatenate(columns).astype(np.float64)
    mean, deviation = window_statistics(shards, training)
    assert mean.shape == (84,)
    np.testing.assert_allclose(mean, every.mean(0), rtol=1e-5)
    assert deviation == pytest.approx(np.sqrt(((every - every.mean(0)) ** 2).mean()), rel=1e-5)


def test_spread_windows_are_some_of_each_recording(tmp_path: Path) -> None:
    for name, seconds in (("a", 2), ("b", 4)):  # 20 and 40 frames
        write_shard(tmp_path, name=name, split="validation", seconds=seconds, seed=len(name))
    write_manifest(tmp_path)
    entries = read_manifest(tmp_path)
    windows = spread_windows(tmp_path, entries, 6)  # every tenth frame, from the middle of the first ten
    with Shard(tmp_path / entries[0].path) as a, Shard(tmp_path / entries[1].path) as b:
        there = [a.windows(k, k + 1) for k in (5, 15)] + [b.windows(k, k + 1) for k in (5, 15, 25, 35)]
    np.testing.assert_array_equal(windows, np.concatenate(there))
