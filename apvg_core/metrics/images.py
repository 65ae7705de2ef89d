"""Metrics of images: how far from the real one, how alike in structure, how steady in time.

Images are uint8, colours in their last axis; the data range is 255.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

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
    """Peak signal-to-noise ratio of one frame [shape=(h, w, 3), uint8] in dB; averaged over frames.

    10 log10(255² / MSE), the mean square error over all pixels and channels, at most `PSNR_CEILING`.
    """
    error = (real.astype(np.int16) - generated).ravel().astype(np.float64)
    squares = float(error @ error)
    if squares == 0:
        return PSNR_CEILING
    return min(PSNR_CEILING, float(10 * np.log10(255.0**2 * error.size / squares)))


def ssim(real: Image, generated: Image) -> float:
    """Structural similarity of one frame [shape=(h, w, 3), uint8], in [-1, 1]; averaged over frames.

    As Wang et al. 2004 (the paper's [35]): Gaussian window of 11 x 11 with σ = 1.5, population covariance,
    data range 255; the mean over the places where the window is inside, and over the three channels.
    scikit-image's value (its default window there), computed in float32 for a fifth of the time.
    """
    return float(_by_scale(real, generated, scales=1)[0, 0].mean())


def ms_ssim(real: Image, generated: Image) -> float:
    """Multi-scale structural similarity of one frame [shape=(h, w, 3), uint8], in [0, 1].

    As Wang et al. 2003, averaged over frames: the mean contrast-structure term of each scale but the coarsest
    and the mean SSIM of the coarsest, to the powers of `MS_SSIM_WEIGHTS`, multiplied; window as in `ssim`.
    Between scales the image is halved by means of 2 x 2 pixels. Negative terms count as 0, for they have no
    root. Each channel by itself, then their mean.

    Five scales need an edge of 176. A smaller image has as many scales as the window fits in (3 at 64
    pixels), with the weights of these divided by their sum: never beside values of another size.
    """
    return similarities(real, generated).ms_ssim


class Similarities(NamedTuple):
    """Both similarities of a frame."""

    ssim: float
    ms_ssim: float


def similarities(real: Image, generated: Image) -> Similarities:
    """`ssim` and `ms_ssim` of one frame [shape=(h, w, 3), uint8] for little more than the time of one."""
    scales = sum(min(real.shape[:2]) >> k >= _WINDOW for k in range(len(MS_SSIM_WEIGHTS)))
    terms = _by_scale(real, generated, scales)
    weights = np.array(MS_SSIM_WEIGHTS[:scales]) / sum(MS_SSIM_WEIGHTS[:scales])
    factors = np.concatenate([terms[:-1, 1], terms[-1:, 0]])
    multi_scale = np.prod(np.maximum(factors, 0) ** weights[:, None], axis=0)
    return Similarities(float(terms[0, 0].mean()), float(multi_scale.mean()))


def image_motion(frames: Image) -> npt.NDArray[np.float64]:
    """How much neighbouring frames differ: mean |f(t) - f(t-1)| over pixels and channels, from 0 to 255.

    The ratio of its mean over generated frames to that over real ones is 1 where as much moves, 0 where
    nothing does.

    Args:
        frames: (n, h, w, 3), uint8.

    Returns:
        One value a step [shape=(n-1,)].
    """
    return _mean_step(frames.astype(np.int16))


def temporal_error(real: Image, generated: Image) -> npt.NDArray[np.float64]:
    """The error of the changes in time: mean |(g(t) - g(t-1)) - (r(t) - r(t-1))| over pixels and channels.

    In grey levels of 255, from 0 to 510, averaged over steps. What is wrong but stands still costs nothing;
    what trembles does, and what does not move as it should. A still costs no more than all that moves, and
    motion at the wrong moment about twice as much: read it beside the motion ratio.

    The differences are dtSSD's (Erofeev et al. 2015, "Perceptually motivated benchmark for video matting"),
    here averaged as absolute values, not squared.

    Args:
        real: (n, h, w, 3), uint8.
        generated: (n, h, w, 3), uint8.

    Returns:
        One value a step [shape=(n-1,)].
    """
    return _mean_step(generated.astype(np.int16) - real)


def _mean_step(frames: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    return np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3), dtype=np.float64)


def _by_scale(real: Image, generated: Image, scales: int) -> npt.NDArray[np.float64]:
    """Mean SSIM and mean contrast-structure term of each scale and channel [shape=(scales, 2, 3)]."""
    assert min(real.shape[:2]) >= _WINDOW, "SSIM's window does not fit in the picture"
    x, y = (np.moveaxis(image, 2, 0).astype(np.float32, order="C") for image in (real, generated))
    # The finest scale channel by channel: planes that stay in the processor's cache save a third of the time.
    finest = [_structure(*pair) for pair in zip(x[:, None], y[:, None], strict=True)]
    terms = [np.concatenate(finest, axis=1)]
    for _ in range(scales - 1):
        x, y = _halved(x), _halved(y)
        terms.append(_structure(x, y))
    return np.stack(terms)


def _structure(x: Planes, y: Planes) -> npt.NDArray[np.float64]:
    """Means of l c s (SSIM) and of c s, in the terms of Wang et al. 2003, of n planes [shape=(2, n)].

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
    """Gaussian means over the window where it is inside: (n, h, w) -> (n, h-10, w-10)."""
    for _ in range(2):  # along the columns, then, transposed, along the rows
        height = planes.shape[1] - 2 * _RADIUS
        total = _KERNEL[_RADIUS] * planes[:, _RADIUS : _RADIUS + height]
        for near in range(_RADIUS):
            far = _WINDOW - 1 - near
            total += _KERNEL[near] * (planes[:, near : near + height] + planes[:, far : far + height])
        planes = total.swapaxes(1, 2)
    return planes


def _halved(planes: Planes) -> Planes:
    """Means of 2 x 2 pixels; a last odd row or column is left out."""
    height, width = (edge // 2 * 2 for edge in planes.shape[1:])
    rows = planes[:, 0:height:2] + planes[:, 1:height:2]
    return (rows[:, :, 0:width:2] + rows[:, :, 1:width:2]) / 4
