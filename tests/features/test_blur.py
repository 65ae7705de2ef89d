"""Blur, compared with scikit-image's."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.measure import blur_effect as reference

from apvg_core.features.blur import WIDTH, blur_effect


@pytest.mark.parametrize("sigma", [0, 1, 2, 4])
@pytest.mark.parametrize("direction", [0, 1])
def test_it_is_scikit_images(sigma: float, direction: int) -> None:
    sharp = np.random.default_rng(0).normal(0, 20, (64, 80)).cumsum(direction)
    image = gaussian_filter(sharp, sigma)
    assert blur_effect(image) == pytest.approx(reference(image, h_size=WIDTH), abs=1e-5)


def test_blur_along_one_direction_is_seen_whatever_brightness_and_contrast() -> None:
    sharp = np.random.default_rng(0).uniform(0, 255, (64, 64))
    moved = gaussian_filter(sharp, (0, 3))
    assert blur_effect(moved) > blur_effect(sharp) + 0.3
    assert blur_effect(moved) == pytest.approx(blur_effect(0.2 * moved + 10), abs=1e-5)


def test_where_nothing_is_seen_nothing_is_sharp() -> None:
    assert blur_effect(np.full((32, 32), 80, np.uint8)) == 1
