"""The square: inside the image, around the player and all that moves with him, in all films of a camera."""

import numpy as np

from apvg_core.features.crop import extent_of, reaches_out, square_about
from apvg_core.features.pose import Pose
from apvg_core.skeleton import BODY_JOINTS, NUM_JOINTS

LEGS = [k for k, joint in enumerate(BODY_JOINTS) if joint.endswith(("knee", "ankle"))]


def player(x0, y0, x1, y1):
    """A pose whose joints lie on the diagonal of a box in [0, 1]."""
    share = np.linspace(0, 1, NUM_JOINTS, dtype=np.float32)[:, None]
    keypoints = np.array([[x0, y0]], np.float32) * (1 - share) + np.array([[x1, y1]], np.float32) * share
    return Pose(keypoints, np.ones(NUM_JOINTS, np.float32))


STILL = np.zeros((100, 100), bool)


def square_crop(poses, *, width, height, moves=STILL):
    return square_about([extent_of(poses, moves, width=width, height=height)], width=width, height=height)


def nobody():
    return Pose(np.full((NUM_JOINTS, 2), np.nan, np.float32), np.zeros(NUM_JOINTS, np.float32))


def test_box_with_its_margin():
    # 400 x 200 pixels about (1000, 500): the side is 1.4 * 400
    poses = [player(0.4, 0.4, 0.6, 0.6)] * 3
    assert square_crop(poses, width=2000, height=1000) == (720, 220, 560)


def test_stays_inside_the_image():
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


def moved(x0, y0, x1, y1):
    """What moves in a box in [0, 1]."""
    moves = STILL.copy()
    moves[round(100 * y0) : round(100 * y1), round(100 * x0) : round(100 * x1)] = True
    return moves


def test_a_slide_is_held_to_its_end():
    """Joints from 0.5 to 0.7 and a slide to 0.2: as far as two and a half hands reach."""
    poses = [player(0.5, 0.3, 0.7, 0.6)] * 3
    x, y, side = square_crop(poses, width=1000, height=1000, moves=moved(0.3, 0.4, 0.6, 0.44))
    assert x <= 300 - 10
    assert x + side >= 700 + 0.2 * 300 - 1
    assert y <= 300
    assert y + side >= 600


def test_what_moves_elsewhere_does_not_count():
    poses = [player(0.5, 0.3, 0.7, 0.6)] * 3
    alone = square_crop(poses, width=1000, height=1000)
    for elsewhere in (
        moved(0.1, 0.8, 0.3, 0.95),
        np.ones_like(STILL),
    ):  # somebody else; the camera or the light
        assert square_crop(poses, width=1000, height=1000, moves=elsewhere) == alone
    poses = [player(0.7, 0.3, 0.9, 0.6)] * 3
    street = moved(0.0, 0.5, 0.8, 0.55)  # behind the player, but no bow is as long as that
    x, _, side = square_crop(poses, width=1000, height=1000, moves=street)
    assert x > 350
    assert side < 600


def test_films_share_a_square_that_holds_each():
    films = [
        extent_of([player(0.3 + shift, 0.3, 0.5 + shift, 0.5)] * 3, STILL, width=1000, height=1000)
        for shift in (0.0, 0.1, 0.02, 0.02)
    ]
    x, _, side = square_about(films, width=1000, height=1000)
    assert (x, side) == (240, 420)  # from 300 to 600, with a fifth of that on each side
    assert not any(reaches_out(film, (x, 200, side), width=1000, height=1000) for film in films)
    assert reaches_out(films[1], (240, 200, 340), width=1000, height=1000)
    assert not reaches_out(films[1], (240, 200, 340), width=580, height=1000)  # there the image ends
