"""Missed joints: hand-worked gaps."""

import numpy as np
import pytest

from apvg_core.features.impute import impute, long_gaps
from apvg_core.skeleton import BODY_JOINTS, LEFT_HAND, NUM_JOINTS

FPS = 10.0
NOSE, NECK = 0, 1
HIP, KNEE, ANKLE = (BODY_JOINTS.index(f"right_{joint}") for joint in ("hip", "knee", "ankle"))
WRIST = BODY_JOINTS.index("left_wrist")
ROOT = LEFT_HAND.start


def still(frames):
    return np.full((frames, NUM_JOINTS, 2), 0.25, np.float32)


def test_what_was_seen_stays_as_it_is():
    keypoints = np.random.default_rng(0).random((7, NUM_JOINTS, 2), np.float32)
    filled, imputed = impute(keypoints, fps=FPS)
    np.testing.assert_array_equal(filled, keypoints)
    assert not imputed.any()


def test_a_short_gap_is_a_straight_line():
    keypoints = still(7)
    keypoints[0, NOSE], keypoints[6, NOSE] = (0.0, 0.6), (0.6, 0.0)
    keypoints[1:6, NOSE] = np.nan  # 5 frames at 10 fps: just 0.5 s
    filled, imputed = impute(keypoints, fps=FPS)
    np.testing.assert_allclose(filled[:, NOSE, 0], [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], atol=1e-6)
    np.testing.assert_allclose(filled[:, NOSE, 1], [0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0], atol=1e-6)
    assert imputed[:, NOSE].tolist() == [False, True, True, True, True, True, False]
    assert imputed.sum() == 5


def test_a_long_gap_is_the_average():
    keypoints = still(8)
    keypoints[0, NOSE], keypoints[7, NOSE] = (0.0, 0.2), (0.6, 0.4)
    keypoints[1:7, NOSE] = np.nan  # 6 frames: 0.6 s
    filled, _ = impute(keypoints, fps=FPS)
    np.testing.assert_allclose(filled[1:7, NOSE], np.tile([0.3, 0.3], (6, 1)), atol=1e-6)


def test_gaps_at_both_ends_hold_the_nearest_or_rest():
    keypoints = still(20)
    keypoints[:2, NOSE] = np.nan
    keypoints[2, NOSE] = 0.9
    keypoints[10:, NOSE] = np.nan
    filled, _ = impute(keypoints, fps=FPS)
    np.testing.assert_allclose(filled[:2, NOSE], 0.9)
    np.testing.assert_allclose(filled[10:, NOSE], (0.9 + 7 * 0.25) / 8, atol=1e-6)


def test_one_missing_coordinate_is_a_missed_joint():
    keypoints = still(3)
    keypoints[1, NOSE, 1] = np.nan
    filled, imputed = impute(keypoints, fps=FPS)
    assert imputed[1, NOSE]
    np.testing.assert_allclose(filled[1, NOSE], 0.25)


def test_a_joint_never_seen_goes_with_its_neighbours():
    keypoints = still(3)
    keypoints[:, HIP] = [[0.1, 0.5], [0.2, 0.5], [0.3, 0.5]]
    keypoints[:, [KNEE, ANKLE]] = np.nan
    filled, imputed = impute(keypoints, fps=FPS)
    np.testing.assert_array_equal(filled[:, KNEE], keypoints[:, HIP])
    np.testing.assert_array_equal(filled[:, ANKLE], keypoints[:, HIP])
    assert imputed[:, [KNEE, ANKLE]].all()


def test_a_joint_never_seen_between_two_others_is_in_their_middle():
    keypoints = still(2)
    keypoints[:, NECK] = (0.4, 0.2)
    keypoints[:, KNEE] = (0.6, 0.8)
    keypoints[:, HIP] = np.nan
    np.testing.assert_allclose(impute(keypoints, fps=FPS)[0][:, HIP], [[0.5, 0.5]] * 2)


def test_a_missed_hand_stays_at_its_wrist():
    keypoints = still(20)
    keypoints[:, WRIST, 0] = np.linspace(0.1, 0.48, 20)  # 0.02 a frame
    keypoints[:, LEFT_HAND] = keypoints[:, WRIST, None] + [0.0, 0.05]
    expected = keypoints[:, ROOT].copy()
    keypoints[2:5, LEFT_HAND] = np.nan
    keypoints[8:, LEFT_HAND] = np.nan
    np.testing.assert_allclose(impute(keypoints, fps=FPS)[0][:, ROOT], expected, atol=1e-6)


def test_a_hand_never_seen_is_where_the_wrist_is():
    keypoints = still(4)
    keypoints[:, WRIST] = (0.7, 0.1)
    keypoints[:, LEFT_HAND] = np.nan
    np.testing.assert_allclose(impute(keypoints, fps=FPS)[0][:, LEFT_HAND, 0], 0.7)


def test_what_is_filled_in_stays_in_the_image():
    keypoints = still(20)
    keypoints[:10, LEFT_HAND, 0] = 0.75
    keypoints[10:, WRIST, 0] = 0.9
    keypoints[10:, LEFT_HAND] = np.nan
    assert impute(keypoints, fps=FPS)[0][10:, LEFT_HAND, 0] == pytest.approx(1.0)


def test_nobody_at_all_is_in_the_centre():
    filled, imputed = impute(np.full((3, NUM_JOINTS, 2), np.nan, np.float32), fps=FPS)
    assert (filled == 0.5).all()
    assert imputed.all()
    assert filled.dtype == np.float32


def test_long_gaps_are_told_from_short_ones_joint_by_joint():
    missed = np.zeros((12, 2), bool)
    missed[1:6, 0] = True  # 5 frames at 10 fps: just 0.5 s
    missed[6:12, 1] = True
    long = long_gaps(missed, fps=FPS)
    assert not long[:, 0].any()
    np.testing.assert_array_equal(long[:, 1], missed[:, 1])
