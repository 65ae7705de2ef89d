"""Images of numbers."""

import numpy as np

from apvg_core.drawing.images import draw_coarse, grid, to_images


def test_coarse_pixels_become_squares() -> None:
    coarse = np.zeros((1, 3, 2, 2), np.float32)
    coarse[0, 0, 0, 1] = 2.0
    (image,) = draw_coarse(coarse, 8)
    assert image.shape == (8, 8, 3)
    assert (image[:4, 4:, 0] == 255).all()
    assert image.sum() == 16 * 255


def test_a_grid_has_its_images_in_rows() -> None:
    tiles = [np.full((2, 3, 3), value, np.uint8) for value in range(4)]
    image = grid([tiles[:2], tiles[2:]])
    assert image.shape == (4, 6, 3)
    assert image[::2, ::3, 0].tolist() == [[0, 1], [2, 3]]


def test_values_outside_of_the_range_become_its_ends() -> None:
    values = np.array([-0.5, 0, 0.5, 1, 7], np.float32)
    assert to_images(values).tolist() == [0, 0, 128, 255, 255]
