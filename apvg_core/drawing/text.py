"""Text in images."""

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.drawing.sticks import Colour


def draw_text(
    image_hw3: npt.NDArray[np.uint8], text: str, corner: tuple[int, int], colour: Colour, *,
    height: float = 0.42, width: int = 1,
) -> None:  # fmt: skip
    """Write into an image (h, w, 3).

    Args:
        image_hw3: The image, (h, w, 3).
        text: The text, of ASCII characters.
        corner: Its lower left corner, (x, y) in pixels.
        colour: RGB.
        height: Height of the letters, in units of OpenCV's simplex font.
        width: Width of the lines in pixels.
    """
    cv2.putText(image_hw3, text, corner, cv2.FONT_HERSHEY_SIMPLEX, height, colour, width, cv2.LINE_AA)
