"""What is around a square picture in a larger one: its edges go on, and soften the further they go."""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.media.frame_maker import Image, Inset
from apvg_core.media.stills import scaled

Floats = npt.NDArray[np.float32]

SEAM: Final = 1 / 32
"""Width of the band inside the square, of its side, over which a frame becomes the still picture about it."""

_SOFTENING: Final = 0.5
"""Pixels (standard deviation) by which a place is blurred for each one that it is away from the square."""

_BLURS: Final = (0.01, 0.02, 0.04, 0.08, 0.16)
"""Blurs between which is mixed, in sides of the square."""

_SMALL: Final = 256
"""Side of the square, in pixels, at which is blurred."""


def place(width: int, height: int) -> tuple[int, int, int]:
    """Place a square in a picture: as large as fits, in the middle, and on the lower edge.

    There the square's own edge, which cuts the player off, does so as a picture's edge does.

    Args:
        width: Width of the picture in pixels, even.
        height: Its height, even.

    Returns:
        left, top and side of the square, in pixels, even.
    """
    side = min(width, height)
    return (width - side) // 4 * 2, height - side, side


def surround(square: Image, width: int, height: int) -> Inset:
    """Continue a square beyond its edges, as a still to set it into.

    Args:
        square: The picture, such as a plate [shape=(size, size, 3)].
        width: Width of the larger picture in pixels, even.
        height: Its height, even.
    """
    left, top, side = place(width, height)
    margins = ((top, height - side - top), (left, width - side - left))
    sharp = np.pad(scaled(square, side, side), (*margins, (0, 0)), mode="edge")
    away = np.hypot(*np.ix_(*(_beyond(margin, side) for margin in margins))).astype(np.float32)
    if not away.any():
        return Inset(sharp, left, top, side)
    soft = _softened(sharp, away, side)
    share = (away / (side * _BLURS[0] / _SOFTENING)).clip(0, 1)[:, :, None]
    still = sharp + share * (soft - sharp)
    # a soft gradient has steps of its own in bytes; noise of half a step hides them
    still += share * np.random.default_rng(0).uniform(-0.5, 0.5, still.shape).astype(np.float32)
    return Inset((still.clip(0, 255) + 0.5).astype(np.uint8), left, top, side)


def _beyond(margin: tuple[int, int], side: int) -> npt.NDArray[np.float32]:
    """Distance of rows or columns from the square's edge, in pixels: 0 within."""
    before, after = margin
    ramps = np.arange(before, 0, -1), np.zeros(side), np.arange(1, after + 1)
    return np.concatenate(ramps).astype(np.float32)


def _softened(sharp: Image, away: Floats, side: int) -> Floats:
    """Blur a picture the more, the further from the square [shape=(h, w, 3)]."""
    from scipy.ndimage import gaussian_filter, zoom

    by = max(1, side // _SMALL)
    height, width = (-(-length // by) for length in away.shape)
    small = scaled(sharp, width, height).astype(np.float32)
    wanted = _SOFTENING * away[by // 2 :: by, by // 2 :: by][:height, :width] / side
    wanted = np.pad(wanted, ((0, height - len(wanted)), (0, width - wanted.shape[1])), mode="edge")
    blurs = [gaussian_filter(small, (blur * side / by, blur * side / by, 0), mode="nearest", truncate=3)
             for blur in _BLURS]  # fmt: skip
    soft = blurs[0]
    for blurred, less, more in zip(blurs[1:], _BLURS[:-1], _BLURS[1:], strict=True):
        soft = soft + ((wanted - less) / (more - less)).clip(0, 1)[:, :, None] * (blurred - soft)
    factors = (len(sharp) / height, sharp.shape[1] / width, 1)
    return np.asarray(zoom(soft, factors, order=1, mode="nearest", grid_mode=True), np.float32)


def seam(size: int, inset: Inset) -> Floats:
    """Weights of a frame before the still picture: they rise from 0 at the edges that are inside of it.

    Args:
        size: Side of the frames, in pixels, before they are scaled.
        inset: Where they are set in.

    Returns:
        Weights [shape=(size, size, 1), 0 to 1].
    """
    rise = ((np.arange(size, dtype=np.float32) + 0.5) / (SEAM * size)).clip(0, 1)
    height, width = inset.still.shape[:2]
    one = np.ones_like(rise)
    across = (rise if inset.left else one) * (rise[::-1] if inset.left + inset.side < width else one)
    down = (rise if inset.top else one) * (rise[::-1] if inset.top + inset.side < height else one)
    return (down[:, None] * across)[:, :, None]
