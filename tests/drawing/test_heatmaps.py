"""Heatmaps in NumPy are Eq. 1."""

import numpy as np
import torch

from apvg_core.drawing.heatmaps import draw_heatmaps, heatmaps
from apvg_core.layers import dlt

RANDOM = np.random.default_rng(0).uniform(-0.2, 1.2, (3, 60, 2)).astype(np.float32)


def test_the_heatmap_is_eq_1() -> None:
    meant = dlt.heatmap(torch.from_numpy(RANDOM), 32, 32).numpy()
    np.testing.assert_allclose(heatmaps(RANDOM, 32), meant, atol=1e-5)


def test_a_drawn_heatmap_shows_every_joint() -> None:
    middle = np.full((1, 60, 2), 0.5, np.float32)
    (image,) = draw_heatmaps(middle, 32)
    assert image.shape == (32, 32, 3)
    lit = np.argwhere(image[..., 0] == 255)
    assert (lit.min(0) == 14).all()  # the four pixels around the middle, and one more on each side
    assert (lit.max(0) == 17).all()
