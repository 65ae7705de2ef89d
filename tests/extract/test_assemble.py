"""Parts and sound become shards: what goes to which, and what is left behind."""

import json

import h5py
import numpy as np
import pytest

from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.units import SAMPLE_RATE


def test_a_single_recording_is_split_in_time(folder):
    folder.film("cello/ann/a.mp4", seconds=4.0)
    folder.extract(validation_fraction=0.25)
    shards = {}
    for path in folder.out.glob("*/*/*.h5"):
        with Shard(path) as shard:
            shards[shard.info.split] = (shard.times, shard.keypoints[:, 0, 0] * 64, len(shard.audio()))
    np.testing.assert_allclose(
        np.concatenate([shards["train"][0], shards["validation"][0]]), np.arange(20) / 5
    )
    assert len(shards["validation"][0]) == 5
    np.testing.assert_allclose(shards["validation"][1], [35, 36, 37, 38, 39], atol=1.5)  # smoothed
    assert (shards["train"][2], shards["validation"][2]) == (3 * SAMPLE_RATE, SAMPLE_RATE)


def test_a_single_recording_is_split_in_time_by_three(folder):
    folder.film("cello/ann/a.mp4", seconds=4.0)
    folder.extract(validation_fraction=0.25, test_fraction=0.1)
    shards = {}
    for path in folder.out.glob("*/*/*.h5"):
        with Shard(path) as shard:
            shards[shard.info.split] = shard.times
    assert {split: len(times) for split, times in shards.items()} == {"train": 13, "validation": 5, "test": 2}
    in_time = np.concatenate([shards[split] for split in ("train", "validation", "test")])
    np.testing.assert_allclose(in_time, np.arange(20) / 5)
    assert folder.extract(validation_fraction=0.25, test_fraction=0.1).written == []


def test_shards_of_before_there_was_a_test_split_stay(folder):
    folder.film("cello/ann/a.mp4")
    folder.extract()
    for path in folder.out.glob("*/*/*.h5"):
        with h5py.File(path, "r+") as file:
            info = json.loads(file.attrs["info"])
            assert info["settings"].pop("test_fraction") == 0
            file.attrs["info"] = json.dumps(info)
    assert folder.extract().written == []
    with pytest.raises(ConfigError, match=r"--test-fraction was 0, now it is 0\.1"):
        folder.extract(test_fraction=0.1)


def test_nothing_unfinished_is_left(folder):
    folder.film("cello/ann/a.mp4")
    folder.extract()
    assert not (folder.out / ".work").exists()
