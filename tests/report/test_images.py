"""Joints as images."""

import numpy as np

from apvg_core.report.images import draw_joints


def test_heatmaps_are_bright_where_the_joints_are() -> None:
    keypoints = np.full((1, 60, 2), 2.0, np.float32)  # outside
    keypoints[0, 0] = (8 + 0.5) / 32, (16 + 0.5) / 32
    (image,) = draw_joints(keypoints, 32)
    assert image.shape == (32, 32, 3)
    bright = np.argwhere(image.sum(2) > 0)
    np.testing.assert_allclose(bright.mean(0), (16, 8))
    assert 20 < len(bright) < 49  # a disc of seven pixels
