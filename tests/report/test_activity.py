"""Frames in which something is played."""

from pathlib import Path

import numpy as np

from apvg_core.data.shards import Shard
from apvg_core.report.activity import active_frames, is_sounding, moving_average


def test_smoothing_is_a_mean_that_knows_what_is_missing() -> None:
    values = np.array([0.0, 3.0, np.nan, 3.0, 6.0, np.nan])
    np.testing.assert_allclose(moving_average(values, fps=3), [1.5, 1.5, 3, 4.5, 4.5, 6])
    assert np.isnan(moving_average(np.full(4, np.nan), fps=1)).all()
    np.testing.assert_allclose(moving_average(np.array([1.0, 2.0]), fps=25), [1, 2])


def test_where_nothing_moves_or_sounds_there_are_moments_too(shards: Path) -> None:
    with Shard(shards / "validation/theremin/c.h5") as shard:
        shard.keypoints = np.full_like(shard.keypoints, 0.5)
        assert active_frames(shard).all()  # it sounds throughout
    steady = np.full(50, -90.0)
    assert is_sounding(steady).all()  # nothing is louder than the rest
    assert is_sounding(np.linspace(-30, -15, 50)).all()  # soft is no rest
    assert is_sounding(np.repeat([-60.0, -20.0, -38.0], 20)).tolist() == [False] * 20 + [True] * 40
