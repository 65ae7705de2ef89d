"""Metrics of images: how far from the real one, how alike in structure, how steady in time.

Images are uint8, colours in their last axis; the data range is 255.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.boxes import Region, box_of
from apvg_core.metrics.metric import FrameValues, Metric, Ratio

Image = npt.NDArray[np.uint8]
Planes = npt.NDArray[np.float32]
"""Colours of an image [shape=(n, h, w)]."""

PSNR_CEILING: Final = 100.0
"""What identical images get, so that a mean over frames stays finite (dB)."""

MS_SSIM_WEIGHTS: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""The exponents of the five scales, finest first (Wang et al. 2003)."""

_RADIUS: Final = 5
_WINDOW: Final = 2 * _RADIUS + 1
_BELL: Final = np.exp(-((np.arange(_WINDOW) - _RADIUS) ** 2) / (2 * 1.5**2))
_KERNEL: Final = (_BELL / _BELL.sum()).astype(np.float32)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(real: Image, generated: Image) -> float:
    """Return the peak signal-to-noise ratio of one frame in dB; averaged over frames.

    10 log10(255² / MSE), the mean square error over all pixels and channels, at most `PSNR_CEILING`.

    Args:
        real: The recording's frame, uint8 [shape=(h, w, 3)].
        generated: The generated one, uint8 [shape=(h, w, 3)].
    """
    error = (real.astype(np.int16) - generated).ravel().astype(np.float64)
    squares = float(error @ error)
    if squares == 0:
        return PSNR_CEILING
    return min(PSNR_CEILING, float(10 * np.log10(255.0**2 * error.size / squares)))


class Similarities(NamedTuple):
    """Structural similarities of a frame.

    Attributes:
        ssim: At full size, in [-1, 1].
        ms_ssim: At several scales, in [0, 1].
    """

    ssim: float
    ms_ssim: float


def similarities(real: Image, generated: Image) -> Similarities:
    """Return SSIM and MS-SSIM of one frame, both for little more than the time of one; averaged over frames.

    SSIM is Wang et al. 2004's (the paper's [35]): Gaussian window of 11 x 11 with σ = 1.5, population
    covariance, data range 255; the mean over the positions where the window is inside, and over the three
    channels. It is scikit-image's value (its default window there), computed in float32 for a fifth of the
    time.

    MS-SSIM is Wang et al. 2003's: the mean contrast-structure term of each scale but the coarsest and the
    mean SSIM of the coarsest, to the powers of `MS_SSIM_WEIGHTS`, multiplied; the same window. Between scales
    the image is halved by means of 2 x 2 pixels. Negative terms count as 0, for they have no root. Each
    channel by itself, then their mean. Five scales need an edge of 176. A smaller image has as many scales as
    the window fits in (3 at 64 pixels), with the weights of these divided by their sum: never beside values
    of another size.

    Args:
        real: The recording's frame, uint8 [shape=(h, w, 3)].
        generated: The generated one, uint8 [shape=(h, w, 3)].
    """
    scales = sum(min(real.shape[:2]) >> k >= _WINDOW for k in range(len(MS_SSIM_WEIGHTS)))
    terms = _by_scale(real, generated, scales)
    weights = np.array(MS_SSIM_WEIGHTS[:scales]) / sum(MS_SSIM_WEIGHTS[:scales])
    factors = np.concatenate([terms[:-1, 1], terms[-1:, 0]])
    multi_scale = np.prod(np.maximum(factors, 0) ** weights[:, None], axis=0)
    return Similarities(float(terms[0, 0].mean()), float(multi_scale.mean()))


def image_motion(frames: Image) -> npt.NDArray[np.float64]:
    """Return how much neighbouring frames differ: mean |f(t) - f(t-1)| over pixels and channels, 0 to 255.

    The ratio of its mean over generated frames to that over real ones is 1 where as much moves, 0 where
    nothing does.

    Args:
        frames: Frames in order, uint8 [shape=(n, h, w, 3)].

    Returns:
        One value a step [shape=(n-1,)].
    """
    return _mean_step(frames.astype(np.int16))


def motion_ratio(real: Image, generated: Image) -> Ratio:
    """Return `image_motion` of generated frames over that of the recording's; pooled over steps.

    Args:
        real: The recording's frames, uint8 [shape=(n, h, w, 3)].
        generated: The generated ones, uint8 [shape=(n, h, w, 3)].
    """
    return Ratio(float(image_motion(generated).sum()), float(image_motion(real).sum()))


def temporal_error(real: Image, generated: Image) -> npt.NDArray[np.float64]:
    """Return the error of the changes: mean |(g(t) - g(t-1)) - (r(t) - r(t-1))| over pixels and channels.

    In grey levels of 255, from 0 to 510, averaged over steps. What is wrong but stands still costs nothing;
    what trembles does, and what does not move as it should. A still costs no more than all that moves, and
    motion at the wrong moment about twice as much: read it beside the motion ratio.

    The differences are dtSSD's (Erofeev et al. 2015, "Perceptually motivated benchmark for video matting"),
    here averaged as absolute values, not squared.

    Args:
        real: The recording's frames, uint8 [shape=(n, h, w, 3)].
        generated: The generated ones, uint8 [shape=(n, h, w, 3)].

    Returns:
        One value a step [shape=(n-1,)].
    """
    return _mean_step(generated.astype(np.int16) - real)


def _mean_step(frames: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    return np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3), dtype=np.float64)


def _by_scale(real: Image, generated: Image, scales: int) -> npt.NDArray[np.float64]:
    """Return mean SSIM and mean contrast-structure term of each scale and channel [shape=(scales, 2, 3)]."""
    assert min(real.shape[:2]) >= _WINDOW, "SSIM's window does not fit in the image"
    x, y = (np.moveaxis(image, 2, 0).astype(np.float32, order="C") for image in (real, generated))
    # The finest scale channel by channel: planes that stay in the processor's cache save a third of the time.
    finest = [_structure(*pair) for pair in zip(x[:, None], y[:, None], strict=True)]
    terms = [np.concatenate(finest, axis=1)]
    for _ in range(scales - 1):
        x, y = _halved(x), _halved(y)
        terms.append(_structure(x, y))
    return np.stack(terms)


def _structure(x: Planes, y: Planes) -> npt.NDArray[np.float64]:
    """Return means of l c s (SSIM) and of c s, in the terms of Wang et al. 2003, of n planes [shape=(2, n)].

    With 2 cov(x, y) = var(x) + var(y) - var(x - y) and planes without their means nothing large is left over
    that float32 would round: within 1e-6 of float64 on photographs, 5e-5 on anything.
    """
    middle_x, middle_y = (plane.mean(axis=(1, 2), keepdims=True) for plane in (x, y))
    x, y = x - middle_x, y - middle_y
    local_x, local_y = _blurred(x), _blurred(y)
    variances = _blurred(x**2 + y**2) - (local_x**2 + local_y**2) + _C2
    structure = 1 - (_blurred((x - y) ** 2) - (local_x - local_y) ** 2) / variances
    local_x += middle_x
    local_y += middle_y
    luminance = 1 - (local_x - local_y) ** 2 / (local_x**2 + local_y**2 + _C1)
    return np.stack([np.mean(t, axis=(1, 2), dtype=np.float64) for t in (luminance * structure, structure)])


def _blurred(planes: Planes) -> Planes:
    """Return Gaussian means of planes [shape=(n, h, w)] where the window fits [shape=(n, h-10, w-10)]."""
    for _ in range(2):  # along the columns, then, transposed, along the rows
        height = planes.shape[1] - 2 * _RADIUS
        total = _KERNEL[_RADIUS] * planes[:, _RADIUS : _RADIUS + height]
        for near in range(_RADIUS):
            far = _WINDOW - 1 - near
            total += _KERNEL[near] * (planes[:, near : near + height] + planes[:, far : far + height])
        planes = total.swapaxes(1, 2)
    return planes


def _halved(planes: Planes) -> Planes:
    """Return means of 2 x 2 pixels; a last odd row or column is left out."""
    height, width = (edge // 2 * 2 for edge in planes.shape[1:])
    rows = planes[:, 0:height:2] + planes[:, 1:height:2]
    return (rows[:, :, 0:width:2] + rows[:, :, 1:width:2]) / 4


@dataclass(frozen=True, eq=False)
class ImageFrames:
    """Neighbouring frames of a recording and of what was generated.

    Attributes:
        real: uint8 [shape=(n, size, size, 3)].
        generated: uint8 [shape=(n, size, size, 3)].
        keypoints: The recording's, in [0, 1] [shape=(n, 60, 2)].
        visible: False for joints that the pose estimator missed [shape=(n, 60)].
    """

    real: Image
    generated: Image
    keypoints: npt.NDArray[np.float32]
    visible: npt.NDArray[np.bool_]

    def last(self, region: Region) -> tuple[Image, Image] | None:
        """Return a region of the last frame, real and generated [shape=(h, w, 3)]; None if it is unknown."""
        box = box_of(region, self.keypoints[-1], self.visible[-1], self.real.shape[1])
        return None if box is None else (self.real[-1][box], self.generated[-1][box])

    @cached_property
    def similarities(self) -> Similarities:
        """SSIM and MS-SSIM of the last frame."""
        return similarities(self.real[-1], self.generated[-1])


METRICS: Final[tuple[Metric[ImageFrames, FrameValues], ...]] = (
    Metric(
        "psnr", "PSNR", "dB", "high", 2,
        "10 log10(255² / MSE) of a frame, mean over frames.",
        "images", lambda frames: psnr(frames.real[-1], frames.generated[-1]), curve=True,
    ),
    Metric(
        "ssim", "SSIM", "", "high", 3,
        "Structural similarity (Wang et al. 2004; Gaussian window, σ = 1.5), mean over frames.",
        "images", lambda frames: frames.similarities.ssim, curve=True,
    ),
    Metric(
        "ms_ssim", "MS-SSIM", "", "high", 3,
        "Structural similarity at up to five scales (Wang et al. 2003), mean over frames.",
        "images", lambda frames: frames.similarities.ms_ssim,
    ),
    Metric(
        "temporal_error", "temporal error", "of 255", "low", 2,
        "Mean difference between the change from frame to frame and the true change; low for a still.",
        "images", lambda frames: temporal_error(frames.real, frames.generated), frames=2,
    ),
    Metric(
        "motion_ratio", "motion ratio", "", 1.0, 2,
        "Mean change from frame to frame, over that of the recording's frames.",
        "images", lambda frames: motion_ratio(frames.real, frames.generated), frames=2,
    ),
)  # fmt: skip
