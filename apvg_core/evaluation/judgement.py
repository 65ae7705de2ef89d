"""What was measured of one method on one recording."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.uncertainty import Units


@dataclass
class Judgement:
    """Measurements of one method on one recording.

    Attributes:
        units: (sum, count) of each metric in each block of time [shape=(blocks, 2)]; of a metric that is one
            number a recording, a single block.
        curves: Values of each frame for plots: "psnr", "ssim", "keypoint_distance" [shape=(frames,)].
        keypoints: (frames, 60, 2), or None where the method makes none.
        frames: Number of frames that were judged.
    """

    units: dict[str, Units] = field(default_factory=dict)
    curves: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    keypoints: npt.NDArray[np.float32] | None = None
    frames: int = 0
