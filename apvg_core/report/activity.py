"""Frames of a recording in which something is played: a rest is easily imitated and shows nothing."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.metrics.keypoints import STILL_SPEED
from apvg_core.metrics.motion import motion_energy
from apvg_core.skeleton import GROUPS
from apvg_core.units import SAMPLE_RATE

SMOOTH_S: Final = 1.0
"""Seconds of the moving average of curves, so that a single frame is no extreme."""

REST_DB: Final = 20.0
"""A rest is at least this far below what is loud (dB)."""

_QUIET, _LOUD = 5, 95  # percentiles of a recording's levels

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def active_frames(shard: Shard) -> Mask:
    """Return the frames that sound and, for the second about them, a hand moves in [shape=(frames,)].

    Where nobody moves, those that sound; where there are none of these, all.
    """
    loud = is_sounding(levels(shard))
    steady = loud & (
        moving_average(loud.astype(np.float64), shard.info.fps) >= 0.5
    )  # no mere click in a rest
    moves = _hands_speed(shard) >= STILL_SPEED
    return next(mask for mask in (steady & moves, steady, np.ones(len(shard), np.bool_)) if mask.any())


def levels(shard: Shard) -> Values:
    """Measure each frame's level: dB of full scale, root mean square [shape=(frames,)]."""
    edges = np.rint(np.arange(len(shard) + 1) / shard.info.fps * SAMPLE_RATE).astype(np.int64)
    sound = shard.audio().astype(np.float64)[: edges[-1]] / 2**15
    power = np.add.reduceat(np.pad(sound**2, (0, edges[-1] - len(sound))), edges[:-1]) / np.diff(edges)
    return np.asarray(10 * np.log10(power + 2.0**-30))  # the last bit of 16


def is_sounding(levels_db: Values) -> Mask:
    """Tell levels from a rest's (frames,): near the loud ones, or nearer to them than to the quietest.

    Returns:
        [shape=(frames,)].
    """
    quiet, loud = np.percentile(levels_db, (_QUIET, _LOUD))
    return np.asarray(levels_db > min(loud - REST_DB, (quiet + loud) / 2))


def moving_average(values: npt.NDArray[np.floating[Any]], fps: float, seconds: float = SMOOTH_S) -> Values:
    """Average values (frames,) over a window about each frame; NaN does not count [shape=(frames,)]."""
    half = min(round(seconds * fps), len(values) - 1) // 2
    window, known = np.ones(2 * half + 1), ~np.isnan(values)
    sums = np.convolve(np.where(known, values, 0.0), window, "same")
    counts = np.convolve(known, window, "same").round()
    return np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)


def _hands_speed(shard: Shard) -> Values:
    """Speed of the faster hand in widths a second, mean over a second [shape=(frames,)]."""
    keypoints = np.concatenate([shard.keypoints[:1], shard.keypoints])
    fps = shard.info.fps
    hands = (keypoints[:, GROUPS[hand]] for hand in ("left_hand", "right_hand"))
    return np.maximum(*(moving_average(motion_energy(hand, fps), fps) for hand in hands))
