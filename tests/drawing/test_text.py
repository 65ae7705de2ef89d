"""Text in images."""

import numpy as np

from apvg_core.drawing.text import draw_text


def test_text_stands_on_its_corner_in_its_colour() -> None:
    image = np.zeros((40, 200, 3), np.uint8)
    draw_text(image, "neck, x", (50, 20), (255, 0, 90))
    rows, columns = np.nonzero(image.any(-1))
    assert rows.min() > 5
    assert rows.max() <= 25  # the comma hangs below
    assert columns.min() >= 49
    assert not image[..., 1].any()
    assert image[..., 0].max() > 200
