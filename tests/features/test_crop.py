"""The square: inside the picture, around the player, once per recording."""

import numpy as np

from apvg_core.features.crop import square_crop
from apvg_core.features.pose import Pose
from apvg_core.skeleton import BODY_JOINTS, NUM_JOINTS

LEGS = [k for k, joint in enumerate(BODY_JOINTS) if joint.endswith(("knee", "ankle"))]


def player(x0, y0, x1, y1):
    """A pose whose joints lie on the diagonal of a box in [0, 1]."""
    share = np.linspace(0, 1, NUM_JOINTS, dtype=np.float32)[:, None]
    keypoints = np.array([[x0, y0]], np.float32) * (1 - share) + np.array([[x1, y1]], np.float32) * share
    return Pose(keypoints, np.ones(NUM_JOINTS, np.float32))


def nobody():
    return Pose(np.full((NUM_JOINTS, 2), np.nan, np.float32), np.zeros(NUM_JOINTS, np.float32))


def test_box_with_its_margin():
    # 400 x 200 pixels about (1000, 500): the side is 1.4 * 400
    poses = [player(0.4, 0.4, 0.6, 0.6)] * 3
    assert square_crop(poses, width=2000, height=1000) == (720, 220, 560)


def test_stays_inside_the_picture():
    poses = [player(0.0, 0.5, 0.2, 1.0)] * 3
    x, y, side = square_crop(poses, width=1000, height=1000)
    assert (x, y, side) == (0, 300, 700)


def test_no_larger_than_the_shorter_side_and_even():
    x, y, side = square_crop([player(0.1, 0.0, 0.9, 1.0)] * 3, width=641, height=361)
    assert side == 360
    assert 0 <= x <= 641 - side
    assert 0 <= y <= 361 - side


def test_all_movement_is_inside():
    poses = [player(0.4 + shift, 0.4, 0.5 + shift, 0.6) for shift in np.linspace(0, 0.1, 40)]
    x, _, side = square_crop(poses, width=1000, height=1000)
    assert x <= 400
    assert x + side >= 600


def test_nobody_and_somebody_else_are_left_out():
    alone = square_crop([player(0.2, 0.3, 0.4, 0.6)] * 30, width=1000, height=1000)
    others = [nobody()] * 10 + [player(0.8, 0.3, 0.95, 0.6)] * 10
    assert square_crop([player(0.2, 0.3, 0.4, 0.6)] * 30 + others, width=1000, height=1000) == alone


def test_legs_do_not_count():
    pose = player(0.4, 0.4, 0.6, 0.6)
    pose.keypoints[LEGS] = (0.5, 0.99)
    assert square_crop([pose] * 3, width=1000, height=1000) == (360, 360, 280)
