"""Lines with round ends and soft edges, in NumPy, so that generating needs no image library."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Colour = tuple[int, int, int]


def draw_stick(
    image_hw3: npt.NDArray[np.float32 | np.uint8], start: Floats, end: Floats, colour: Colour, radius: float
) -> None:
    """Draw a line into an image; from a point to itself it is a disc.

    Args:
        image_hw3: The image (h, w, 3), of values up to 255; parts outside of it are lost.
        start: Where it begins, (x, y) in pixels.
        end: Where it ends, likewise.
        colour: RGB.
        radius: Half of its width in pixels.
    """
    low = np.floor(np.minimum(start, end) - radius - 1).astype(int).clip(0)
    high = np.ceil(np.maximum(start, end) + radius + 2).astype(int).clip(0)
    part = image_hw3[low[1] : high[1], low[0] : high[0]]
    y, x = np.indices(part.shape[:2], np.float32)
    from_start = np.stack([x + low[0] - start[0], y + low[1] - start[1]], axis=-1)
    along = end - start
    share = np.clip(from_start @ along / max(float(along @ along), 1e-6), 0, 1)
    distance = np.linalg.norm(from_start - share[..., None] * along, axis=-1)
    cover = np.clip(radius + 0.5 - distance, 0, 1)[..., None]
    blended = part + cover * (np.asarray(colour, np.float32) - part)
    part[:] = blended.round() if part.dtype == np.uint8 else blended
