"""A recording of a player who stands still, or bows, and what an estimator can do to it."""

import numpy as np
import pytest

from apvg_core.features.arms import LEFT, RIGHT
from apvg_core.features.tracks import clean_tracks
from tests.features.player import FOREARM, LEFT_WRIST, RIGHT_WRIST, hand, player

FPS = 25.0
FRAMES = 100


def tidy(joints, confidence=None):
    if confidence is None:
        confidence = np.where(np.isnan(joints).any(axis=2), 0, 1).astype(np.float32)
    return clean_tracks(joints.astype(np.float32), confidence, fps=FPS)


def assert_mended(joints, expected, *, dropped):
    """The joints are as expected again, and `dropped` (pairs of frames and joints) is marked."""
    tracks = tidy(joints)
    np.testing.assert_allclose(tracks.keypoints, expected, atol=1e-5)
    marks = np.zeros(joints.shape[:2], bool)
    for frames, part in dropped:
        marks[frames, part] = True
    np.testing.assert_array_equal(tracks.imputed, marks)
    np.testing.assert_array_equal(tracks.confidence == 0, marks)


def bowing(amplitude=0.3, hertz=2.0):
    """The right arm goes to and fro from the wrist on (amplitude in forearms)."""
    joints = player(FRAMES)
    way = amplitude * FOREARM * np.sin(2 * np.pi * hertz * np.arange(FRAMES) / FPS)
    joints[:, RIGHT.wrist, 0] -= way
    joints[:, RIGHT.hand, 0] -= way[:, None]
    return joints


def test_what_is_right_stays_as_it_is():
    joints = player(FRAMES)
    given = joints.astype(np.float32)
    assert_mended(joints, joints, dropped=[])
    tracks = tidy(given)
    assert tracks.keypoints.dtype == tracks.confidence.dtype == np.float32
    np.testing.assert_array_equal(given, joints.astype(np.float32))


@pytest.mark.parametrize(("amplitude", "hertz"), [(0.05, 6.0), (0.15, 6.0), (0.8, 2.0)])
def test_fast_bowing_is_not_taken_for_an_error_and_keeps_its_size(amplitude, hertz):
    joints = bowing(amplitude, hertz)
    tracks = tidy(joints)
    assert not tracks.imputed.any()
    inner = slice(10, -10)
    for joint in (RIGHT.wrist, RIGHT.hand.start):
        kept = tracks.keypoints[inner, joint, 0].std() / joints[inner, joint, 0].std()
        assert kept == pytest.approx(1, abs=0.05)


def test_swapped_hands_are_swapped_back_with_their_confidence():
    joints = player(FRAMES)
    expected = joints.copy()
    confidence = np.ones((FRAMES, 60), np.float32)
    confidence[:, LEFT.hand], confidence[:, RIGHT.hand] = 0.5, 0.75
    joints[40:60, LEFT.hand], joints[40:60, RIGHT.hand] = hand(RIGHT_WRIST), hand(LEFT_WRIST)
    tracks = tidy(joints, confidence)
    np.testing.assert_allclose(tracks.keypoints, expected, atol=1e-5)
    assert not tracks.imputed.any()
    assert tracks.confidence[50, [LEFT.hand.start, RIGHT.hand.start]].tolist() == [0.75, 0.5]


def test_a_hand_on_the_other_hand_is_dropped():
    joints = player(FRAMES)
    expected = joints.copy()
    joints[40:45, LEFT.hand] = joints[40:45, RIGHT.hand]
    assert_mended(joints, expected, dropped=[(slice(40, 45), LEFT.hand)])


def test_of_two_hands_on_one_wrist_the_nearer_stays():
    joints = player(FRAMES)
    shift = LEFT_WRIST - RIGHT_WRIST - [0.06, 0]
    joints[:, RIGHT.wrist] += shift
    joints[:, RIGHT.elbow] += shift
    joints[:, RIGHT.hand] += shift
    expected = joints.copy()
    joints[40:45, LEFT.hand] = joints[40:45, RIGHT.hand] + [0.01, 0]
    assert_mended(joints, expected, dropped=[(slice(40, 45), LEFT.hand)])


def side_by_side():
    """The hands are 0.75 forearms apart."""
    joints = player(FRAMES)
    for part in (RIGHT.shoulder, RIGHT.elbow, RIGHT.wrist, RIGHT.hand):
        joints[:, part, 0] += 0.1
    return joints


def test_a_hand_found_in_place_of_the_other_is_dropped_with_its_wrist():
    joints = side_by_side()
    expected = joints.copy()
    long = slice(40, 52)  # no leap takes so long
    joints[long, LEFT.wrist] -= [0.08, 0]
    joints[long, LEFT.hand] = hand(np.add(RIGHT_WRIST, [0.14, 0]))
    joints[long, RIGHT.hand] = np.nan
    parts = (LEFT.hand, LEFT.wrist, RIGHT.hand)
    assert_mended(joints, expected, dropped=[(long, part) for part in parts])


def test_a_hand_may_come_to_the_other_and_stay():
    joints = side_by_side()
    way = np.interp(np.arange(FRAMES), [20, 40, 60, 80], [0, 0.1, 0.1, 0])
    joints[:, LEFT.wrist, 0] -= way
    joints[:, LEFT.hand, 0] -= way[:, None]
    assert not tidy(joints).imputed.any()


def test_a_hand_that_leaps_away_and_returns_is_dropped():
    joints = player(FRAMES)
    expected = joints.copy()
    # 0.8 forearms aside: as far as a hand may be from its wrist, but not within a frame
    joints[40:43, LEFT.hand] += [0.8 * FOREARM, 0]
    joints[70, LEFT.hand] += [0.8 * FOREARM, 0]
    assert_mended(joints, expected, dropped=[(slice(40, 43), LEFT.hand), (slice(70, 71), LEFT.hand)])


def test_a_hand_that_flips_for_a_moment_is_dropped():
    joints = player(FRAMES)
    expected = joints.copy()
    joints[40:42, RIGHT.hand] = hand(RIGHT_WRIST, size=0.16, turn=95)
    assert_mended(joints, expected, dropped=[(slice(40, 42), RIGHT.hand)])


@pytest.mark.parametrize("size", [0.05, 0.17])
def test_a_hand_that_changes_its_size_at_once_is_dropped(size):
    joints = player(FRAMES)
    joints[:, LEFT.hand] = hand(LEFT_WRIST, size=0.092)
    expected = joints.copy()
    joints[40:44, LEFT.hand] = hand(LEFT_WRIST, size=size)
    assert_mended(joints, expected, dropped=[(slice(40, 44), LEFT.hand)])


def test_a_joint_that_leaps_away_is_dropped_at_the_ends_too():
    joints = player(FRAMES)
    expected = joints.copy()
    joints[:2, 0], joints[50, 0], joints[97:, 0] = 0.95, 0.9, 0.95
    assert_mended(joints, expected, dropped=[(slice(0, 2), 0), (slice(50, 51), 0), (slice(97, 100), 0)])


def test_a_joint_that_leaps_and_stays_has_moved():
    joints = player(FRAMES)
    joints[50:, 0] = 0.9
    tracks = tidy(joints)
    assert not tracks.imputed.any()


def test_of_a_flicker_the_longer_sights_stay():
    joints = player(FRAMES)
    expected = joints.copy()
    joints[30:70:3, 0] = 0.9
    assert_mended(joints, expected, dropped=[(slice(30, 70, 3), 0)])


def test_short_gaps_are_bridged_and_long_ones_rest():
    joints = bowing()
    joints[30:34, RIGHT.hand] = np.nan
    joints[50:80, RIGHT.hand] = np.nan
    tracks = tidy(joints)
    marks = tracks.imputed[:, RIGHT.hand.start]
    assert np.flatnonzero(marks).tolist() == [*range(30, 34), *range(50, 80)]
    # A hand rests at its average from the wrist, which is where this one always is.
    apart = tracks.keypoints[:, RIGHT.hand.start] - tracks.keypoints[:, RIGHT.wrist]
    np.testing.assert_allclose(apart, 0, atol=0.01)


def test_nothing_was_ever_seen():
    tracks = tidy(np.full((5, 60, 2), np.nan))
    assert tracks.imputed.all()
    assert (tracks.keypoints == 0.5).all()


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_recordings(frames):
    joints = player(frames)
    assert_mended(joints, joints, dropped=[])


def test_the_same_whatever_the_size_of_the_player():
    noise = np.random.default_rng(0).normal(0, 0.004, (FRAMES, 60, 2))
    joints = bowing() + noise
    joints[40:43, LEFT.hand] += [0.16, 0]
    large, small = tidy(joints), tidy(0.5 * joints)
    np.testing.assert_allclose(small.keypoints, 0.5 * large.keypoints, atol=1e-5)
    np.testing.assert_array_equal(small.imputed, large.imputed)
