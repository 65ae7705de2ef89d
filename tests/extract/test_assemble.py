"""Parts and sound become shards: what goes to which, and what is left behind."""

import numpy as np

from apvg_core.data.shards import Shard
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


def test_nothing_unfinished_is_left(folder):
    folder.film("cello/ann/a.mp4")
    folder.extract()
    assert not (folder.out / ".work").exists()
