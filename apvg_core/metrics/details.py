"""Metrics of details, which the PSNR of a whole frame hardly sees: sharpness, hands, the instrument."""

from collections.abc import Callable
from typing import Final

import numpy as np

from apvg_core.metrics.boxes import Region
from apvg_core.metrics.images import Image, ImageFrames, psnr
from apvg_core.metrics.metric import FrameValues, Metric, Ratio


def gradient_energy(image: Image) -> float:
    """Return the energy of an image's gradient, a measure of focus: the sharper, the more.

    Σ (f(x+1, y) - f(x, y))² + (f(x, y+1) - f(x, y))² over pixels and channels (Subbarao, Choi and Nikzad
    1993, "Focusing techniques"; compared with others by Pertuz, Puig and Garcia 2013). Noise has much of it
    too, and so has what is sharp in the wrong place: read it beside PSNR.

    Args:
        image: uint8 [shape=(h, w, 3)].
    """
    values = image.astype(np.int16)
    steps = (np.diff(values, axis=axis).ravel().astype(np.float64) for axis in (0, 1))
    return float(sum(step @ step for step in steps))


def _relative_gradient_energy(real: Image, generated: Image) -> Ratio:
    return Ratio(gradient_energy(generated), gradient_energy(real))


def _of(
    region: Region, compare: Callable[[Image, Image], FrameValues]
) -> Callable[[ImageFrames], FrameValues]:
    """Return the comparison of a region of the last frame, which has no values where that is unknown."""

    def measure(frames: ImageFrames) -> FrameValues:
        pair = frames.last(region)
        return () if pair is None else compare(*pair)

    return measure


METRICS: Final[tuple[Metric[ImageFrames, FrameValues], ...]] = (
    Metric(
        "gradient_energy", "gradient energy", "", 1.0, 3,
        "Energy of the frames' gradient (Subbarao et al. 1993) over that of the recording's; less is blur.",
        "details", _of("frame", _relative_gradient_energy),
    ),
    Metric(
        "gradient_energy_left_hand", "gradient energy, left hand", "", 1.0, 3,
        "Gradient energy in the box about the recording's left hand.",
        "details", _of("left_hand", _relative_gradient_energy),
    ),
    Metric(
        "gradient_energy_right_hand", "gradient energy, right hand", "", 1.0, 3,
        "Gradient energy in the box about the recording's right hand.",
        "details", _of("right_hand", _relative_gradient_energy),
    ),
    Metric(
        "psnr_left_hand", "PSNR, left hand", "dB", "high", 2,
        "PSNR in the box about the recording's left hand.",
        "details", _of("left_hand", psnr),
    ),
    Metric(
        "psnr_right_hand", "PSNR, right hand", "dB", "high", 2,
        "PSNR in the box about the recording's right hand.",
        "details", _of("right_hand", psnr),
    ),
    Metric(
        "psnr_instrument", "PSNR, instrument", "dB", "high", 2,
        "PSNR in the box that spans both hands, and the instrument where it is held.",
        "details", _of("instrument", psnr),
    ),
)  # fmt: skip
