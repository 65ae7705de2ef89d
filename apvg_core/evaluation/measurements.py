"""Measurements of one part: the result of scoring, kept on disk, and the material of rows."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.uncertainty import Units


@dataclass
class Measurements:
    """Measurements of one prediction of one recording, or of the recording itself.

    Attributes:
        units: (sum, count) of each metric in each block of time [shape=(blocks, 2)], by key; of a metric that
            is one number a recording, a single block.
        curves: Means of each frame of the metrics that are plotted over time [shape=(frames,)], by key.
        keypoints: In [0, 1] [shape=(frames, 60, 2)], or None where none are predicted.
        frames: Number of frames.
    """

    units: dict[str, Units] = field(default_factory=dict)
    curves: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    keypoints: npt.NDArray[np.float32] | None = None
    frames: int = 0
