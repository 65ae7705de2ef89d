"""How a hand looks in a picture, and whether somebody else is in it."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from apvg_core.features.arms import LEFT, RIGHT
from apvg_core.features.pose import Pose
from apvg_core.filmcheck.film import Hand
from apvg_core.filmcheck.hands import UNKNOWN, look_of_hand
from apvg_core.filmcheck.people import find_other
from apvg_core.skeleton import BODY, NUM_JOINTS
from tests.features.player import LEFT_WRIST, player

SIZE = 400
LEFT_HAND = (LEFT_WRIST * SIZE + [0, 0.05 * SIZE]).astype(int)
"""The middle of the left hand, in pixels."""


def pose_of(joints: np.ndarray) -> Pose:
    confidence = np.where(np.isnan(joints).any(axis=1), 0, 1).astype(np.float32)
    return Pose(joints.astype(np.float32), confidence)


def patterned(sigma: float = 0.0, brightness: float = 1.0) -> np.ndarray:
    """Noise about the left hand, and nothing elsewhere [shape=(400, 400, 3)]."""
    x, y = LEFT_HAND
    image = np.zeros((SIZE, SIZE, 3))
    noise = gaussian_filter(np.random.default_rng(0).uniform(0, 255, (100, 100)), sigma)
    image[y - 50 : y + 50, x - 50 : x + 50] = noise[..., None]
    return (brightness * image).astype(np.uint8)


def test_a_blurred_hand_and_a_dark_one_are_told_apart() -> None:
    pose = pose_of(player()[0])
    sharp, blurred, dark = (
        look_of_hand(image, pose, LEFT) for image in (patterned(), patterned(3.0), patterned(0.0, 0.2))
    )
    assert blurred.blur > sharp.blur + 0.3
    assert dark.blur == pytest.approx(sharp.blur, abs=0.02)
    assert dark.brightness == pytest.approx(0.2 * sharp.brightness, abs=2)
    assert look_of_hand(patterned(), pose, RIGHT) == Hand(1.0, 0.0)  # nothing is drawn there


def test_a_missed_hand_is_looked_for_beyond_its_wrist() -> None:
    joints = player()[0]
    joints[LEFT.hand] = np.nan
    looked = look_of_hand(patterned(), pose_of(joints), LEFT)
    assert looked.brightness > 200
    joints[LEFT.wrist] = np.nan
    assert look_of_hand(patterned(), pose_of(joints), LEFT) == UNKNOWN


def test_a_hand_of_a_few_pixels_is_not_judged() -> None:
    assert look_of_hand(patterned()[::4, ::4], pose_of(player()[0]), LEFT) == UNKNOWN


class Search:
    """Finds a body of so many joints where anything red is left."""

    def __init__(self, joints: int) -> None:
        self.joints = joints

    def __call__(self, image: np.ndarray) -> Pose:
        found = np.full((NUM_JOINTS, 2), np.nan)
        if (image[..., 0] > 200).any():
            found[BODY][: self.joints] = 0.9
        return pose_of(found)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("at", "joints", "found"),
    [
        (380, 10, True),  # beside the player
        (200, 10, False),  # the player
        (380, 5, False),  # a coat on a chair
    ],
)
def test_whoever_is_left_once_the_player_is_painted_over(at: int, joints: int, found: bool) -> None:
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    image[at - 10 : at + 10, at - 10 : at + 10, 0] = 255
    assert (find_other(image, pose_of(player()[0]), Search(joints)) is not None) == found


def test_without_a_player_nobody_is_a_second_person() -> None:
    red = np.full((SIZE, SIZE, 3), 255, np.uint8)
    assert find_other(red, pose_of(np.full((NUM_JOINTS, 2), np.nan)), Search(10)) is None
