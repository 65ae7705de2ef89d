"""Skeletons go from joint to joint."""

import numpy as np

from apvg_core.drawing.skeletons import draw_skeleton, draw_skeletons
from apvg_core.skeleton import BODY_JOINTS

RANDOM = np.random.default_rng(0).uniform(-0.2, 1.2, (3, 60, 2)).astype(np.float32)


def test_a_skeleton_goes_from_joint_to_joint() -> None:
    keypoints = np.full((2, 60, 2), 2.0, np.float32)  # outside of the image
    keypoints[1] = [0.25, 0.5]
    keypoints[1, BODY_JOINTS.index("nose")] = [0.75, 0.5]
    blank, image = draw_skeletons(keypoints, 64)
    assert blank.max() == 0
    assert (image[31:33, 17:47].max((0, 2)) > 100).all()
    assert image[40:].max() == 0
    assert draw_skeletons(RANDOM, 64).any()


def test_bones_of_unseen_joints_are_left_out() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    visible = np.zeros(60, bool)
    draw_skeleton(image, RANDOM[0], visible)
    assert not image.any()
    visible[[BODY_JOINTS.index("neck"), BODY_JOINTS.index("nose")]] = True
    draw_skeleton(image, np.full((60, 2), 0.5, np.float32), visible)
    assert image[31:33, 31:33].any()
