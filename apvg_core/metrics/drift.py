"""Drift: whether quality lasts, a score against time."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.metric import Metric, RecordingValue

DRIFT_SECONDS: Final = 30.0
"""The slope of a shorter recording's PSNR says what is played when, not whether quality lasts."""


class Course(NamedTuple):
    """PSNR over one recording.

    Attributes:
        psnr: dB of each frame [shape=(n,)]; NaN where a frame has none.
        fps: Frames a second.
    """

    psnr: npt.NDArray[np.float64]
    fps: float


def slope(scores: npt.NDArray[np.float64], fps: float) -> float | None:
    """Return the slope of the line through one recording's scores by least squares, in their unit a minute.

    Args:
        scores: One a frame, say `Series.per_frame` [shape=(n,)]; NaN where a frame has none.
        fps: Frames a second.

    Returns:
        None where fewer than two frames have a score.
    """
    minutes = np.arange(len(scores)) / fps / 60
    scored = np.isfinite(scores)
    return float(np.polyfit(minutes[scored], scores[scored], 1)[0]) if scored.sum() > 1 else None


def psnr_drift(course: Course) -> float | None:
    """Return the `slope` of PSNR in dB a minute; None for recordings under `DRIFT_SECONDS`."""
    long_enough = len(course.psnr) / course.fps >= DRIFT_SECONDS
    return slope(course.psnr, course.fps) if long_enough else None


METRICS: Final[tuple[Metric[Course, RecordingValue], ...]] = (
    Metric(
        "psnr_drift", "drift of PSNR", "dB/min", 0.0, 2,
        "Slope of the line through a recording's PSNR (30 s or more), mean over recordings.",
        "drift", psnr_drift,
    ),
)  # fmt: skip
