import numpy as np
import torch

from apvg_core.generation.draw import draw_coarse, draw_heatmaps, draw_skeletons, heatmaps, label
from apvg_core.layers import dlt
from apvg_core.skeleton import BODY_JOINTS

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


def test_a_skeleton_goes_from_joint_to_joint() -> None:
    keypoints = np.full((2, 60, 2), 2.0, np.float32)  # outside of the image
    keypoints[1] = [0.25, 0.5]
    keypoints[1, BODY_JOINTS.index("nose")] = [0.75, 0.5]
    blank, image = draw_skeletons(keypoints, 64)
    assert blank.max() == 0
    assert (image[31:33, 17:47].max((0, 2)) > 100).all()
    assert image[40:].max() == 0
    assert draw_skeletons(RANDOM, 64).any()


def test_coarse_pixels_become_squares() -> None:
    coarse = np.zeros((1, 3, 2, 2), np.float32)
    coarse[0, 0, 0, 1] = 2.0
    (image,) = draw_coarse(coarse, 8)
    assert image.shape == (8, 8, 3)
    assert (image[:4, 4:, 0] == 255).all()
    assert image.sum() == 16 * 255


def test_the_label_is_in_a_corner_and_leaves_the_rest() -> None:
    grey = np.full((2, 256, 256, 3), 90, np.uint8)
    labelled = label(grey)
    assert (grey == 90).all()
    changed = np.argwhere((labelled[0] != 90).any(-1))
    assert changed[:, 0].min() > 220
    assert changed[:, 1].max() < 90
    assert (labelled == 255).any()
    assert label(grey[:, :32, :32]).shape == (2, 32, 32, 3)
