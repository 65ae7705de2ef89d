"""Lines, pixel by pixel."""

import numpy as np
import pytest

from apvg_core.drawing.sticks import draw_stick


def point(x: float, y: float) -> np.ndarray:
    return np.array([x, y], np.float32)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_line_of_two_pixels_width_by_hand(kind: type) -> None:
    image = np.full((7, 9, 3), 100, kind)
    draw_stick(image, point(2, 3), point(6, 3), (200, 0, 100), 1.0)
    # pixels within 0.5 of the line are covered whole, those a pixel beside it half
    assert image[3, 2:7].tolist() == [[200, 0, 100]] * 5
    assert image[2, 4].tolist() == image[4, 4].tolist() == [150, 50, 100]
    assert image[:, 0].tolist() == [[100, 100, 100]] * 7


def test_what_lies_outside_is_lost() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    draw_stick(image, point(-9, -9), point(-5, -5), (255, 255, 255), 1.0)
    draw_stick(image, point(20, 1), point(30, 1), (255, 255, 255), 1.0)
    assert not image.any()


def test_from_a_point_to_itself_it_is_a_disc() -> None:
    image = np.zeros((9, 9, 3), np.uint8)
    draw_stick(image, point(4, 4), point(4, 4), (255, 255, 255), 2.0)
    assert image[4, 2:7, 0].min() > 120
    assert image[1, 1, 0] == image[4, 0, 0] == 0
    np.testing.assert_array_equal(image, image.transpose(1, 0, 2))
