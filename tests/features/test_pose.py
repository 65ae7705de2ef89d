"""From MediaPipe's landmarks to our joints."""

import numpy as np
import pytest

from apvg_core.errors import DependencyError
from apvg_core.features import pose as pose_module
from apvg_core.features.pose import HolisticEstimator, estimator_name, pose_from_landmarks
from apvg_core.media.video import read_frames
from apvg_core.skeleton import BODY, BODY_JOINTS, LEFT_HAND, RIGHT_HAND
from tests.synth import CELLIST


def landmarks():
    """33 landmarks at (k / 100, k / 50), all visible."""
    k = np.arange(33, dtype=np.float32)
    return np.stack([k / 100, k / 50, np.full(33, 0.9, np.float32)], axis=1)


def joint(pose, name):
    return pose.keypoints[BODY_JOINTS.index(name)]


def test_body_joints_are_mapped_by_name():
    pose = pose_from_landmarks(body=landmarks(), left_hand=None, right_hand=None)
    np.testing.assert_allclose(joint(pose, "nose"), (0.0, 0.0))
    np.testing.assert_allclose(joint(pose, "right_shoulder"), (0.12, 0.24))
    np.testing.assert_allclose(joint(pose, "left_wrist"), (0.15, 0.30))
    np.testing.assert_allclose(joint(pose, "right_ankle"), (0.28, 0.56))
    np.testing.assert_allclose(joint(pose, "left_eye"), (0.02, 0.04))
    np.testing.assert_allclose(joint(pose, "right_ear"), (0.08, 0.16))
    np.testing.assert_allclose(pose.confidence[BODY], 0.9)


def test_neck_is_the_middle_of_the_shoulders_and_as_sure_as_the_worse():
    body = landmarks()
    body[11, 2] = 0.6
    pose = pose_from_landmarks(body=body, left_hand=None, right_hand=None)
    np.testing.assert_allclose(joint(pose, "neck"), (0.115, 0.23))
    assert pose.confidence[1] == pytest.approx(0.6)


@pytest.mark.parametrize(("column", "value"), [(2, 0.4), (0, 1.01), (1, -0.01)])
def test_unlikely_or_outside_is_missed(column, value):
    body = landmarks()
    body[13, column] = value
    pose = pose_from_landmarks(body=body, left_hand=None, right_hand=None)
    elbow = BODY_JOINTS.index("left_elbow")
    assert np.isnan(pose.keypoints[elbow]).all()
    assert pose.confidence[elbow] == 0
    assert pose.found


def test_hands():
    hand = np.full((21, 3), 0.5, np.float32)
    hand[20, 0] = 1.2
    pose = pose_from_landmarks(body=None, left_hand=None, right_hand=hand)
    assert not pose.found
    assert np.isnan(pose.keypoints[LEFT_HAND]).all()
    assert pose.confidence[RIGHT_HAND].tolist() == [1.0] * 20 + [0.0]
    assert np.isnan(pose.keypoints[RIGHT_HAND][20]).all()


def test_missing_mediapipe_says_what_is_needed(monkeypatch):
    def missing(name):
        raise pose_module.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(pose_module.metadata, "version", missing)
    with pytest.raises(DependencyError, match="install apvg again"):
        HolisticEstimator(video=True)


def test_finds_the_player_and_nobody_else_quietly(capfd):
    assert "mediapipe" in estimator_name()
    estimator = HolisticEstimator(video=False)
    pose = estimator(next(iter(read_frames(CELLIST, fps=25))))
    wall = estimator(np.full((240, 320, 3), 200, np.uint8))
    estimator.close()
    assert pose.found
    assert not wall.found
    right_shoulder, left_shoulder = joint(pose, "right_shoulder"), joint(pose, "left_shoulder")
    np.testing.assert_allclose(right_shoulder, (0.36, 0.32), atol=0.06)
    np.testing.assert_allclose(left_shoulder, (0.60, 0.30), atol=0.06)
    assert capfd.readouterr().err == ""
