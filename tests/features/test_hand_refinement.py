"""Hand refinement: a first estimator that misses hands, a finder that finds one where a red spot is."""

import numpy as np
import pytest

from apvg_core.features.arms import LEFT, RIGHT
from apvg_core.features.hand_finder import FoundHand, MediaPipeHands
from apvg_core.features.hand_refinement import HAND_CROPS, LEAST_CONFIDENCE, HandRefiner
from apvg_core.features.pose import HolisticEstimator, Pose
from apvg_core.media.video import read_frames
from apvg_core.skeleton import BODY
from tests.features.player import LEFT_WRIST, RIGHT_WRIST, hand, player
from tests.synth import CELLIST

WIDTH, HEIGHT = 400, 400
FRAME = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


class First:
    def __init__(self, joints):
        self.joints, self.closed = joints, False

    def __call__(self, frame):
        confidence = np.where(np.isnan(self.joints).any(axis=1), 0, 1).astype(np.float32)
        return Pose(self.joints.astype(np.float32), confidence)

    def close(self):
        self.closed = True


class Finder:
    """Sees a hand whose root is in the middle of the red spot, once it was called `blind` times."""

    def __init__(self, leftness=0.8, blind=0, turn=0.0):
        self.leftness, self.blind, self.turn, self.crops, self.closed = leftness, blind, turn, [], False

    def __call__(self, image):
        self.crops.append(image)
        red = np.argwhere(image[..., 0] > 128)[:, ::-1]
        if len(self.crops) <= self.blind or not len(red):
            return []
        root = red.mean(axis=0) / len(image)
        return [FoundHand(hand(root, size=0.2, turn=self.turn), self.leftness)]

    def close(self):
        self.closed = True


def spot(at):
    frame = FRAME.copy()
    x, y = (np.asarray(at) * [WIDTH, HEIGHT]).astype(int)
    frame[y - 2 : y + 3, x - 2 : x + 3, 0] = 255
    return frame


def missing(arm):
    joints = player()[0]
    joints[arm.hand] = np.nan
    return joints


@pytest.mark.parametrize(("arm", "wrist", "confidence"), [(LEFT, LEFT_WRIST, 0.8), (RIGHT, RIGHT_WRIST, 0.2)])
def test_a_missed_hand_is_found_at_its_wrist(arm, wrist, confidence):
    # In a turned piece up is where the forearm points, which is down in the frame.
    finder = Finder(turn=180)
    estimator = HandRefiner(First(missing(arm)), finder)
    root = wrist + np.array([0.01, 0.03])
    pose = estimator(spot(root))
    np.testing.assert_allclose(pose.keypoints[arm.hand][0], root, atol=2e-3)
    size = 0.2 * HAND_CROPS[0].size * 0.2
    middle_tip = pose.keypoints[arm.hand][12] - pose.keypoints[arm.hand][0]
    np.testing.assert_allclose(middle_tip, [0, size], atol=2e-3)
    np.testing.assert_allclose(pose.confidence[arm.hand], confidence)
    assert estimator.recovered == [int(arm is LEFT), int(arm is RIGHT)]
    np.testing.assert_array_equal(pose.keypoints[BODY], player()[0][BODY].astype(np.float32))
    assert [len(piece) for piece in finder.crops] == [HAND_CROPS[0].pixels]


def test_looks_again_until_the_hand_is_found():
    finder = Finder(blind=1)
    pose = HandRefiner(First(missing(LEFT)), finder)(spot(LEFT_WRIST))
    assert len(finder.crops) == 2
    np.testing.assert_allclose(pose.keypoints[LEFT.hand][0], LEFT_WRIST, atol=2e-3)


def test_gives_up_where_there_is_none():
    finder = Finder()
    estimator = HandRefiner(First(missing(LEFT)), finder)
    pose = estimator(FRAME)
    assert len(finder.crops) == len(HAND_CROPS)
    assert np.isnan(pose.keypoints[LEFT.hand]).all()
    assert not pose.confidence[LEFT.hand].any()
    assert estimator.recovered == [0, 0]


def test_the_other_hand_is_not_taken():
    near = missing(LEFT)
    shift = LEFT_WRIST - RIGHT_WRIST - [0.04, 0]
    near[RIGHT.wrist] += shift
    near[RIGHT.hand] += shift
    finder = Finder(turn=180)
    pose = HandRefiner(First(near), finder)(spot(near[RIGHT.wrist]))
    assert np.isnan(pose.keypoints[LEFT.hand]).all()


def test_a_hand_in_the_wrong_place_is_looked_for():
    joints = player()[0]
    joints[LEFT.hand] = joints[RIGHT.hand]
    pose = HandRefiner(First(joints), Finder(leftness=0.0, turn=180))(spot(LEFT_WRIST))
    np.testing.assert_allclose(pose.keypoints[LEFT.hand][0], LEFT_WRIST, atol=2e-3)
    np.testing.assert_allclose(pose.confidence[LEFT.hand], LEAST_CONFIDENCE)
    np.testing.assert_array_equal(pose.keypoints[RIGHT.hand], joints[RIGHT.hand].astype(np.float32))


def test_hands_that_were_found_are_left_alone():
    finder = Finder()
    joints = player()[0]
    pose = HandRefiner(First(joints), finder)(FRAME)
    np.testing.assert_allclose(pose.keypoints, joints, atol=1e-6)
    assert not finder.crops


@pytest.mark.parametrize("unknown", [[LEFT.wrist], list(range(BODY.stop))])
def test_without_a_wrist_there_is_nowhere_to_search(unknown):
    joints = missing(LEFT)
    joints[unknown] = np.nan
    finder = Finder()
    HandRefiner(First(joints), finder)(FRAME)
    assert not finder.crops


def test_joints_outside_the_image_are_missed():
    joints = missing(LEFT)
    joints[:, 1] += 0.36  # the wrist is at 0.96
    pose = HandRefiner(First(joints), Finder(turn=180))(spot((LEFT_WRIST[0], 0.96)))
    inside = ~np.isnan(pose.keypoints[LEFT.hand]).any(axis=1)
    assert 0 < inside.sum() < 21
    assert (pose.confidence[LEFT.hand] > 0).tolist() == inside.tolist()


def test_closes_both():
    first, finder = First(player()[0]), Finder()
    HandRefiner(first, finder).close()
    assert first.closed
    assert finder.closed


def test_mediapipe_finds_the_hands_that_were_hidden_from_it(capfd):
    frame = next(iter(read_frames(CELLIST, fps=25)))
    holistic = HolisticEstimator(video=False)
    seen = holistic(frame).keypoints.astype(np.float64)
    holistic.close()
    hidden = seen.copy()
    hidden[LEFT.hand.start : RIGHT.hand.stop] = np.nan
    estimator = HandRefiner(First(hidden), MediaPipeHands())
    pose = estimator(frame)
    estimator.close()
    assert estimator.recovered == [1, 1]
    for arm in (LEFT, RIGHT):
        assert np.linalg.norm(pose.keypoints[arm.hand] - seen[arm.hand], axis=1).mean() < 0.02
        assert (pose.confidence[arm.hand] > 0.5).all()  # it knows left from right
    assert capfd.readouterr().err == ""
