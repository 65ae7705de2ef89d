"""Where in a recording something is played: a rest is easily imitated, and shows nothing."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.metrics.keypoints import STILL_SPEED
from apvg_core.metrics.motion import motion_energy
from apvg_core.skeleton import GROUPS
from apvg_core.units import SAMPLE_RATE

SMOOTH_S: Final = 1.0
"""Curves are means over that many seconds, so that a single frame makes no moment."""

REST_DB: Final = 20.0
"""A rest is at least this far below what is loud (dB)."""

_QUIET, _LOUD = 5, 95  # percentiles of a recording's levels

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def played(shard: Shard) -> Mask:
    """The frames at which it sounds and, for the second about them, a hand moves [shape=(frames,)].

    Where nobody is seen to move, those that sound; where there are none of these, all.
    """
    sounding = sounds(levels(shard))
    heard = sounding & (
        smoothed(sounding.astype(np.float64), shard.info.fps) >= 0.5
    )  # no mere click in a rest
    moves = _hands_speed(shard) >= STILL_SPEED
    return next(mask for mask in (heard & moves, heard, np.ones(len(shard), np.bool_)) if mask.any())


def levels(shard: Shard) -> Values:
    """How loud each frame's sound is: dB of full scale, root mean square [shape=(frames,)]."""
    edges = np.rint(np.arange(len(shard) + 1) / shard.info.fps * SAMPLE_RATE).astype(np.int64)
    sound = shard.audio().astype(np.float64)[: edges[-1]] / 2**15
    power = np.add.reduceat(np.pad(sound**2, (0, edges[-1] - len(sound))), edges[:-1]) / np.diff(edges)
    return np.asarray(10 * np.log10(power + 2.0**-30))  # the last bit of 16


def sounds(levels_db: Values) -> Mask:
    """Which levels are no rest's: near the loud ones, or nearer to them than to the quietest."""
    quiet, loud = np.percentile(levels_db, (_QUIET, _LOUD))
    return np.asarray(levels_db > min(loud - REST_DB, (quiet + loud) / 2))


def smoothed(values: npt.NDArray[np.floating[Any]], fps: float, seconds: float = SMOOTH_S) -> Values:
    """Means over a window about each frame [shape=(frames,)]; what is NaN does not count."""
    half = min(round(seconds * fps), len(values) - 1) // 2
    window, seen = np.ones(2 * half + 1), ~np.isnan(values)
    sums = np.convolve(np.where(seen, values, 0.0), window, "same")
    counts = np.convolve(seen, window, "same").round()
    return np.divide(sums, counts, out=np.full(len(values), np.nan), where=counts > 0)


def _hands_speed(shard: Shard) -> Values:
    """Of the hand that moves more, in edges a second, mean over a second [shape=(frames,)]."""
    keypoints = np.concatenate([shard.keypoints[:1], shard.keypoints])
    hands = (keypoints[:, GROUPS[hand]] for hand in ("left_hand", "right_hand"))
    return np.maximum(*(smoothed(motion_energy(hand, shard.info.fps), shard.info.fps) for hand in hands))
