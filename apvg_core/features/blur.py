"""Blur of an image, without another one to compare it with."""

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

WIDTH: Final = 9
"""Pixels over which the image is blurred again."""


def blur_effect(image: npt.NDArray[np.number[Any]]) -> float:
    """Measure how blurred an image is: by how little its steps change when it is blurred once more.

    Source: F. Crete, T. Dolmiere, P. Ladet and M. Nicolas, "The blur effect: perception and estimation with a
    new no-reference perceptual blur metric" (2007), with Sobel's differences, as scikit-image has it. Neither
    brightness nor contrast changes it; noise passes for sharpness.

    Args:
        image: Grey [shape=(h, w)].

    Returns:
        From 0 (sharp) to 1 (blurred), of the more blurred direction; 1 where nothing is seen.
    """
    values = np.asarray(image, np.float32)
    found = []
    for axis in (0, 1):
        kernel = (1, WIDTH) if axis == 0 else (WIDTH, 1)  # OpenCV: (width, height)
        again = cv2.blur(values, kernel, borderType=cv2.BORDER_REFLECT)
        steps, left = (np.abs(_differences(picture, axis)) for picture in (values, again))
        lost = np.maximum(0, steps - left)
        total = float(steps.sum(dtype=np.float64))
        found.append((total - float(lost.sum(dtype=np.float64))) / total if total > 0 else 1.0)
    return max(found)


def _differences(picture: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Sobel's differences along an axis, without those at the edges [shape=(h-3, w-3)]."""
    x, y = (0, 1) if axis == 0 else (1, 0)
    found = cv2.Sobel(picture, cv2.CV_32F, x, y, borderType=cv2.BORDER_REFLECT)
    return np.asarray(found[2:-1, 2:-1], np.float32)
