"""Frames and excerpts worth displaying: the worst, the best, and some spread evenly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.evaluation.coarse_frames import evenly_spaced
from apvg_core.metrics.registry import METRICS
from apvg_core.report.activity import active_frames, moving_average
from apvg_core.report.performances import Performance, Recording

EVEN: Final = 4
"""Number of frames beside the worst and the best."""

Frames = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SelectedFrame:
    """A frame, and the reason to display it: "worst", "best", or nothing."""

    frame: int
    reason: str = ""


@dataclass(frozen=True)
class Guide:
    """The curve by which frames are good or bad: the first contestant's PSNR, else its keypoint distance.

    Attributes:
        performance: The contestant.
        metric: Key of the curve's metric.
        curve: Means over a second; NaN where nothing is played [shape=(frames,)].
        active: Indices of the frames in which something is played, in order [shape=(n,)].
    """

    performance: Performance
    metric: str
    curve: npt.NDArray[np.float64]
    active: Frames

    @property
    def extremes(self) -> list[SelectedFrame]:
        """Return the worst and the best frame, in order of time; none of a recording without values."""
        if np.isnan(self.curve).all():
            return []
        low, high = int(np.nanargmin(self.curve)), int(np.nanargmax(self.curve))
        worst, best = (high, low) if METRICS[self.metric].goal == "low" else (low, high)
        ends = [SelectedFrame(worst, "worst"), SelectedFrame(best, "best")]
        return sorted(ends, key=lambda selected: selected.frame)


def find_guide(recording: Recording, shard: Shard) -> Guide | None:
    """Find the curve to select frames by; returns None where no contestant has one."""
    mask = active_frames(shard)
    for metric in ("psnr", "keypoint_distance"):
        for each in recording.contestants:
            if metric in each.measurements.curves:
                values = np.where(mask, each.measurements.curves[metric], np.nan)
                curve = np.where(mask, moving_average(values, shard.info.fps), np.nan)
                return Guide(each, metric, curve, np.flatnonzero(mask))
    return None


def select_frames(extremes: Sequence[SelectedFrame], active: Frames, apart: float) -> list[SelectedFrame]:
    """Select the extremes, and frames spread over the active ones (n,) at least `apart` from these."""
    others = [
        SelectedFrame(frame)
        for frame in active[evenly_spaced(len(active), EVEN)].tolist()
        if all(abs(frame - extreme.frame) >= apart for extreme in extremes)
    ]
    return sorted([*extremes, *others], key=lambda selected: selected.frame)


@dataclass(frozen=True)
class Excerpt:
    """Frames start..stop-1, and the reason to display them."""

    start: int
    stop: int
    reason: str


def select_excerpts(extremes: Sequence[SelectedFrame], frames: int, length: int) -> list[Excerpt]:
    """Select about `length` of `frames` frames around each of the extremes, each stretch once."""
    chosen: dict[int, list[str]] = {}
    for extreme in extremes:
        start = max(0, min(extreme.frame - length // 2, frames - length))
        chosen.setdefault(start, []).append(extreme.reason)
    return [Excerpt(at, min(at + length, frames), " and ".join(why)) for at, why in chosen.items()]
