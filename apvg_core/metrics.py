"""Metrics: each a pure function of arrays; `Mean` accumulates them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

Picture = npt.NDArray[np.uint8]

PSNR_CEILING = 100.0
"""What identical pictures get, so that a mean over frames stays finite (dB)."""


def psnr(real: Picture, generated: Picture) -> float:
    """Peak signal-to-noise ratio of one frame [shape=(h, w, 3), uint8] in dB.

    10 log10(255² / MSE), the mean square error over all pixels and channels, at most `PSNR_CEILING`.
    """
    error = float(np.mean((real.astype(np.float64) - generated.astype(np.float64)) ** 2))
    if error == 0:
        return PSNR_CEILING
    return min(PSNR_CEILING, float(10 * np.log10(255.0**2 / error)))


def ssim(real: Picture, generated: Picture) -> float:
    """Structural similarity of one frame [shape=(h, w, 3), uint8], in [-1, 1].

    As Wang et al. 2004 (the paper's [35]): Gaussian window of σ = 1.5, population covariance, data range
    255; the mean over the three channels. Computed by scikit-image.
    """
    return float(
        structural_similarity(
            real, generated, channel_axis=2, data_range=255,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        )
    )  # fmt: skip


def keypoint_distance(
    real: npt.NDArray[np.float32], predicted: npt.NDArray[np.float32], visible: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Distances of the visible joints [shape=(visible joints,)], in edges of the square crop.

    Args:
        real: (..., 60, 2) in [0, 1].
        predicted: (..., 60, 2).
        visible: (..., 60); joints the pose estimator missed are left out.
    """
    return np.asarray(np.linalg.norm((predicted - real)[visible].astype(np.float64), axis=-1))


@dataclass
class Mean:
    """Accumulates a mean of values that come in portions."""

    total: float = 0.0
    count: int = 0

    def add(self, values: npt.ArrayLike) -> None:
        """Add one value or many."""
        array = np.asarray(values, np.float64)
        self.total += float(array.sum())
        self.count += array.size

    @property
    def value(self) -> float | None:
        """The mean; None where there was nothing to average."""
        return self.total / self.count if self.count else None
