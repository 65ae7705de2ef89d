"""Skeletons: body and hands as sticks, on black or on an image."""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.drawing.sticks import Colour, Floats, draw_stick
from apvg_core.skeleton import EDGES, LEFT_HAND, RIGHT_HAND

Images = npt.NDArray[np.uint8]

BODY_COLOUR: Final[Colour] = (255, 200, 0)
LEFT_COLOUR: Final[Colour] = (0, 220, 120)
RIGHT_COLOUR: Final[Colour] = (80, 160, 255)


def colour_of(joint: int) -> Colour:
    """Return the colour of a joint, and of the bone that leads to it."""
    if joint >= RIGHT_HAND.start:
        return RIGHT_COLOUR
    return LEFT_COLOUR if joint >= LEFT_HAND.start else BODY_COLOUR


def draw_skeletons(keypoints_tp2: Floats, size: int) -> Images:
    """Draw skeletons on black.

    Args:
        keypoints_tp2: Keypoints in [0, 1], (t, 60, 2).
        size: Edge of the images in pixels.

    Returns:
        Images (t, size, size, 3).
    """
    canvas = np.zeros((len(keypoints_tp2), size, size, 3), np.float32)
    for image, keypoints in zip(canvas, keypoints_tp2, strict=True):
        draw_skeleton(image, keypoints)
    return canvas.round().astype(np.uint8)


def draw_skeleton(
    image_hw3: npt.NDArray[np.float32 | np.uint8],
    keypoints_p2: Floats,
    visible_p: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Draw a skeleton into a square image.

    Args:
        image_hw3: The image (size, size, 3), of values up to 255.
        keypoints_p2: Keypoints in [0, 1], (60, 2).
        visible_p: Joints whose bones are drawn, (60,); None: all.
    """
    size = len(image_hw3)
    points = (
        np.clip(keypoints_p2, -1, 2) * size - 0.5
    )  # pixel i covers [i, i + 1) / size, as in layers/dlt.py
    for a, b in EDGES:
        if visible_p is None or (visible_p[a] and visible_p[b]):
            joint = max(a, b)
            radius = size / (256 if joint < LEFT_HAND.start else 400)
            draw_stick(image_hw3, points[a], points[b], colour_of(joint), radius)
