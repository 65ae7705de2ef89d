import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.metrics import keypoints

NECK = 1
ALL = np.ones((5, 60), bool)


def noise(seed: int, count: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1, (count, 60, 2)).astype(np.float32)


def test_distance_leaves_missed_joints_out() -> None:
    real, predicted = np.zeros((2, 60, 2), np.float32), np.zeros((2, 60, 2), np.float32)
    predicted[0, 0] = (0.3, 0.4)
    predicted[1, 5] = 9
    visible = np.zeros((2, 60), bool)
    visible[0, :2] = True
    np.testing.assert_allclose(keypoints.keypoint_distance(real, predicted, visible), [0.5, 0.0], atol=1e-7)


def test_groups_by_hand() -> None:
    real, predicted = np.zeros((60, 2), np.float32), np.zeros((60, 2), np.float32)
    predicted[18:39, 0], predicted[39:, 1] = 0.1, 0.2
    visible = np.ones(60, bool)
    visible[40] = False
    means = {
        group: keypoints.keypoint_distance(real, predicted, visible, group).mean()
        for group in keypoints.GROUPS
    }
    pooled = (18 * 0 + 21 * 0.1 + 20 * 0.2) / 59
    assert means == pytest.approx({"all": pooled, "body": 0, "left_hand": 0.1, "right_hand": 0.2})


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_relative_distance_is_blind_to_sway(x: float, y: float) -> None:
    real, predicted = noise(0), noise(1)
    swayed = predicted + np.array([x, y], np.float32)
    np.testing.assert_allclose(
        keypoints.relative_distance(real, predicted, ALL),
        keypoints.relative_distance(real, swayed, ALL),
        atol=1e-6,
    )


def test_relative_distance_by_hand() -> None:
    real, predicted = np.zeros((2, 60, 2), np.float32), np.zeros((2, 60, 2), np.float32)
    predicted[0] = (0.5, 0.5)  # the whole body is elsewhere ...
    predicted[0, 3] = (0.5, 0.6)  # ... and an elbow besides
    predicted[1] = noise(0)[0]
    visible = np.ones((2, 60), bool)
    visible[1, NECK] = False  # nothing to compare the second frame by
    distances = keypoints.relative_distance(real, predicted, visible)
    assert distances.shape == (59,)  # the neck itself says nothing
    assert distances.sum() == pytest.approx(0.1, abs=1e-6)
    assert visible[0, NECK], "the caller's mask is left as it was"


def test_correct_keypoints_by_hand() -> None:
    real, predicted = np.zeros((60, 2), np.float32), np.zeros((60, 2), np.float32)
    predicted[:4, 0] = (0.01, 0.019, 0.03, 0.06)
    visible = np.arange(60) < 4
    shares = [keypoints.correct_keypoints(real, predicted, visible, t).mean() for t in (0.02, 0.05)]
    assert shares == [0.5, 0.75]


@given(st.floats(1, 60), st.floats(-3, 3))
def test_jerk_of_a_cubic_path(fps: float, a: float) -> None:
    times = np.arange(7) / fps
    path = np.zeros((7, 60, 2))
    path[:, :, 0] = (a * times**3 + times**2 - times)[:, None]  # its third derivative is 6 a
    values = keypoints.jerk(path, np.ones((7, 60), bool), fps)
    assert values.shape == (4 * 60,)
    np.testing.assert_allclose(values, abs(6 * a), atol=1e-6 * fps**2)


def test_jerk_wants_four_frames_in_a_row() -> None:
    visible = np.ones((7, 60), bool)
    visible[3, 2] = False
    visible[:, 18:] = False
    assert keypoints.jerk(noise(0, 7), visible, 25).shape == (4 * 17,)


def test_jitter_counts_only_while_the_truth_is_still() -> None:
    fps = 10
    real = np.zeros((6, 60, 2), np.float32)
    real[4:, :, 0] = 0.3  # a leap between frames 3 and 4
    predicted = np.zeros((6, 60, 2), np.float32)
    predicted[1::2, :, 1] = 0.01  # trembles: 0, 0.01, 0, ... has second differences of 0.02
    seen = np.ones((6, 60), bool)
    values = keypoints.jitter(real, predicted, seen, fps)
    np.testing.assert_allclose(values, np.full(2 * 60, 0.02), rtol=1e-6)
    assert keypoints.jitter(real, real, seen, fps).max() == 0
    assert keypoints.jitter(real, predicted, seen & (np.arange(6) != 1)[:, None], fps).size == 0


def test_declarations_refer_to_the_functions() -> None:
    visible = np.random.default_rng(2).random((5, 60)) < 0.8
    real, predicted = noise(0), noise(1)
    expected = {
        "keypoint_distance": keypoints.keypoint_distance(real, predicted, visible),
        "keypoint_distance_body": keypoints.keypoint_distance(real, predicted, visible, "body"),
        "keypoint_distance_left_hand": keypoints.keypoint_distance(real, predicted, visible, "left_hand"),
        "keypoint_distance_right_hand": keypoints.keypoint_distance(real, predicted, visible, "right_hand"),
        "relative_distance": keypoints.relative_distance(real, predicted, visible),
        "pck_02": keypoints.correct_keypoints(real, predicted, visible, 0.02),
        "pck_05": keypoints.correct_keypoints(real, predicted, visible, 0.05),
        "jitter": keypoints.jitter(real, predicted, visible, 25.0),
        "jerk": keypoints.jerk(predicted, visible, 25.0),
    }
    frames = keypoints.KeypointFrames(real, predicted, visible, 25.0)
    assert [metric.key for metric in keypoints.METRICS] == list(expected)
    for metric in keypoints.METRICS:
        np.testing.assert_array_equal(metric.measure(frames), expected[metric.key])
