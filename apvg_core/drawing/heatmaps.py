"""Heatmaps in NumPy: Eq. 1, as the networks get it and as people see it."""

import numpy as np
import numpy.typing as npt

from apvg_core.drawing.images import to_images

Floats = npt.NDArray[np.float32]


def heatmaps(keypoints_tp2: Floats, size: int) -> Floats:
    """Compute Eq. 1, as `layers.dlt.heatmap` does.

    Args:
        keypoints_tp2: Keypoints in [0, 1], (t, 60, 2).
        size: Edge of the maps in pixels.

    Returns:
        Maps (t, 1, size, size).
    """
    pixels = keypoints_tp2 * size - 0.5
    maps = np.zeros((len(pixels), 1, size + 2, size + 2), np.float32)  # with a frame for what lies outside
    frame = np.arange(len(pixels))[:, None]
    flat = maps[:, 0]
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        corners = np.floor(pixels) + np.array(corner, np.float32)
        weights = (1 - np.abs(corners - pixels)).prod(-1)
        x, y = np.moveaxis(corners.clip(-1, size).astype(int) + 1, -1, 0)
        np.add.at(flat, (frame, y, x), weights)
    return maps[:, :, 1:-1, 1:-1]


def draw_heatmaps(keypoints_tp2: Floats, size: int) -> npt.NDArray[np.uint8]:
    """Draw heatmaps in grey, each of their points three pixels wide.

    Args:
        keypoints_tp2: Keypoints in [0, 1], (t, 60, 2).
        size: Edge of the images in pixels.

    Returns:
        Images (t, size, size, 3).
    """
    maps = np.pad(heatmaps(keypoints_tp2, size)[:, 0], ((0, 0), (1, 1), (1, 1)))
    rows = np.maximum.reduce([maps[:, k : k + size] for k in range(3)])
    around = np.maximum.reduce([rows[:, :, k : k + size] for k in range(3)])
    return to_images(np.repeat(around[..., None], 3, axis=3))
