"""A metric, declared once beside its function; files, tables and reports take what they need from there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, NamedTuple, TypeVar, assert_never

import numpy as np
import numpy.typing as npt

Group = Literal["images", "drift", "learned", "sync", "details", "perceptual", "hands", "keypoints", "music"]
"""What a metric is measured on: frames, PSNR over time, features of frames, frames beside sound, details of
frames, their VGG-19 features, hands found in frames, keypoints, motion and sound."""

Goal = Literal["high", "low", "recording"] | float | None
"""What is better: more, less, nearer to a value, or nearer to what the recording itself has, which need not
be perfect (a slide moves before its note); None where nothing is."""

EvidenceT = TypeVar("EvidenceT")
ValueT = TypeVar("ValueT")


class Ratio(NamedTuple):
    """A value that is pooled as sum of numerators / sum of denominators."""

    numerator: float
    denominator: float


class Events(NamedTuple):
    """Values at moments of one recording.

    Attributes:
        times: Seconds from the start [shape=(n,)].
        values: One a moment, to be averaged [shape=(n,)].
    """

    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


FrameValues = npt.ArrayLike | Ratio
"""Values of one frame, to be averaged: one, many, none, or a ratio."""

RecordingValue = Events | float | None
"""Value of one recording: of moments in it, of the whole, or none."""


@dataclass(frozen=True)
class Metric(Generic[EvidenceT, ValueT]):
    """A metric: how it is measured, and what a reader has to know about it.

    Attributes:
        key: Its name in files.
        title: Its name for people.
        unit: Of its values; empty for a plain number.
        goal: What is better.
        decimals: Number of decimals worth displaying.
        definition: One sentence.
        group: What it is measured on.
        measure: Maps the group's evidence to values: `images.ImageFrames` (details, too),
            `hands.HandFrames` or `keypoints.KeypointFrames` to `FrameValues` of their last frame;
            `drift.Course`, `learned.Learned`, `sync.Synchrony`, `perceptual.Perceived` or `playing.Playing`
            to a `RecordingValue`.
        frames: Number of neighbouring frames that `measure` takes.
        of_footage: True if the footage itself has a value, as what is normal.
        curve: True if the mean of each frame is kept, to be plotted over time.
    """

    key: str
    title: str
    unit: str
    goal: Goal
    decimals: int
    definition: str
    group: Group
    measure: Callable[[EvidenceT], ValueT]
    frames: int = 1
    of_footage: bool = False
    curve: bool = False

    @property
    def heading(self) -> str:
        """Title, unit and goal, as above a column: "PSNR (dB) ↑", "lag (s) → recordings"."""
        return " ".join(part for part in (self.title, self.unit and f"({self.unit})", self._arrow) if part)

    @property
    def _arrow(self) -> str:
        match self.goal:
            case "high":
                return "↑"
            case "low":
                return "↓"
            case "recording":
                return "→ recordings"
            case None:
                return ""
            case float(value):
                return f"→ {value:g}"
        assert_never(self.goal)

    def better(self, one: float, other: float, recording: float | None) -> bool:
        """Return True if `one` is a better value than `other`; never where there is no goal.

        Args:
            one: A value.
            other: Another.
            recording: What the recording itself has; None where it has no value.
        """
        goal = recording if self.goal == "recording" else self.goal
        match goal:
            case "high":
                return one > other
            case "low":
                return one < other
            case None:
                return False
            case float(value):
                return abs(one - value) < abs(other - value)
        assert_never(goal)


AnyMetric = Metric[Any, Any]
