"""Images of numbers, at whatever size they are looked at; in NumPy."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]


def to_images(values: Floats) -> Images:
    """Round values in [0, 1] to bytes, of the same shape."""
    return (values.clip(0, 1) * 255).round().astype(np.uint8)


def draw_coarse(coarse_t3hw: Floats, size: int) -> Images:
    """Enlarge coarse frames in [0, 1] (t, 3, h, w), their pixels as squares, to images (t, size, size, 3)."""
    images = to_images(coarse_t3hw.transpose(0, 2, 3, 1))
    return images.repeat(size // images.shape[1], axis=1).repeat(size // images.shape[2], axis=2)


def grid(rows: Sequence[Sequence[Images]]) -> Images:
    """Put images of one size (h, w, 3) in rows, into one image."""
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)
