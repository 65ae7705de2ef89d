"""Whether quality lasts: a score against time."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Drift(NamedTuple):
    """How a score changes over a recording.

    Attributes:
        per_minute: Slope of the line through all frames' scores by least squares, a minute.
        first: Mean over the first tenth of the recording.
        last: Mean over the last tenth.
    """

    per_minute: float
    first: float
    last: float


def drift(scores: npt.NDArray[np.float64], fps: float) -> Drift | None:
    """How the scores of one recording's frames change with time, in their unit (PSNR: dB) a minute.

    Args:
        scores: One a frame, say `Series.per_frame` [shape=(n,)]; NaN where a frame has none.
        fps: Frames a second.

    Returns:
        None where fewer than two frames, or none of a tenth, have a score.
    """
    minutes = np.arange(len(scores)) / fps / 60
    there = np.isfinite(scores)
    tenth = max(1, len(scores) // 10)
    if there.sum() < 2 or not (there[:tenth].any() and there[-tenth:].any()):
        return None
    slope = np.polyfit(minutes[there], scores[there], 1)[0]
    return Drift(float(slope), float(np.nanmean(scores[:tenth])), float(np.nanmean(scores[-tenth:])))
