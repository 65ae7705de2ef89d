"""Which moments of a recording are worth a look: the worst, the best, and some spread evenly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.metrics.registry import METRICS
from apvg_core.report.material import Recording, Shown
from apvg_core.report.played import played, smoothed

EVEN: Final = 4
"""Moments beside the worst and the best."""

Curve = npt.NDArray[np.float64]
Frames = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Moment:
    """A frame, and why it is shown: "worst", "best", or nothing."""

    frame: int
    why: str = ""


@dataclass(frozen=True)
class Guide:
    """The curve that says what is good: the first contestant's PSNR, else its keypoint distance.

    Attributes:
        shown: The contestant.
        metric: The key of what is drawn.
        curve: Means over a second; NaN where nothing is played [shape=(frames,)].
        played: The frames at which something is played, in order.
    """

    shown: Shown
    metric: str
    curve: Curve
    played: Frames

    @property
    def extremes(self) -> list[Moment]:
        """The worst and the best moment, in order of time; none of a recording without values."""
        if np.isnan(self.curve).all():
            return []
        ends = [Moment(int(np.nanargmin(self.curve)), "worst"), Moment(int(np.nanargmax(self.curve)), "best")]
        if METRICS[self.metric].goal == "low":
            ends = [Moment(ends[0].frame, "best"), Moment(ends[1].frame, "worst")]
        return sorted(ends, key=lambda moment: moment.frame)


def guide(recording: Recording, shard: Shard) -> Guide | None:
    """What to judge moments by; None where no contestant has a curve."""
    mask = played(shard)
    for metric in ("psnr", "keypoint_distance"):
        for shown in recording.contestants:
            if metric in shown.judgement.curves:
                values = np.where(mask, shown.judgement.curves[metric], np.nan)
                curve = np.where(mask, smoothed(values, shard.info.fps), np.nan)
                return Guide(shown, metric, curve, np.flatnonzero(mask))
    return None


def moments(extremes: Sequence[Moment], played: Frames, apart: float) -> list[Moment]:
    """The extremes, and frames spread over what is played that are not nearly the same, in order of time."""
    others = [
        Moment(frame)
        for frame in played[even(len(played), EVEN)].tolist()
        if all(abs(frame - extreme.frame) >= apart for extreme in extremes)
    ]
    return sorted([*extremes, *others], key=lambda moment: moment.frame)


def even(frames: int, count: int) -> list[int]:
    """The middles of `count` equal parts of a stretch."""
    return [int((k + 0.5) / count * frames) for k in range(count)]


@dataclass(frozen=True)
class Excerpt:
    """Frames start..stop-1, and the moments they are shown for."""

    start: int
    stop: int
    why: str


def excerpts(extremes: Sequence[Moment], frames: int, length: int) -> list[Excerpt]:
    """About `length` frames around each of the extremes, each stretch once."""
    chosen: dict[int, list[str]] = {}
    for moment in extremes:
        start = max(0, min(moment.frame - length // 2, frames - length))
        chosen.setdefault(start, []).append(moment.why)
    return [Excerpt(at, min(at + length, frames), " and ".join(why)) for at, why in chosen.items()]


def clock(seconds: float) -> str:
    """Minutes and seconds: "1:07"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
