"""Where a hand can be, on a player whose forearms are 0.2 long."""

import numpy as np
import pytest

from apvg_core.features.arms import LEFT, RIGHT, fits_arm, forearm_length, hands_coincide, wrist_distance
from apvg_core.skeleton import BODY
from tests.features.player import FOREARM, LEFT_WRIST, RIGHT_WRIST, hand, player

PLAYER = player()[0]


def without(*joints):
    changed = PLAYER.copy()
    changed[list(joints)] = np.nan
    return changed


def test_a_forearm_turned_away_is_measured_on_another_part():
    assert forearm_length(PLAYER) == pytest.approx(FOREARM)
    assert forearm_length(without(LEFT.wrist, RIGHT.wrist)) == pytest.approx(FOREARM)
    assert forearm_length(without(LEFT.elbow, RIGHT.elbow)) == pytest.approx(FOREARM)
    assert np.isnan(forearm_length(without(*range(60))))


@pytest.mark.parametrize(
    ("offset", "size", "turn", "right_place"),
    [
        ((0, 0), 0.1, 0, True),
        ((0, 0.08), 0.1, 0, True),
        ((0, 0), 0.1, 120, True),
        ((0, 0), 0.1, 170, False),  # it bends back over the forearm
        ((0, 0), 0.19, 0, False),
        ((0, 0), 0.03, 0, False),
        ((0.12, 0), 0.1, 0, True),  # far, but the other hand is further, and it points ahead
        ((0.12, 0), 0.1, 90, False),
        ((-0.12, 0), 0.1, 0, False),  # as near to the other wrist
        ((0.19, 0), 0.1, 0, False),
        ((-0.25, 0), 0.1, 0, False),  # on the other wrist
    ],
)
def test_a_hand_is_near_its_wrist_and_ahead_and_of_a_hands_size(offset, size, turn, right_place):
    assert bool(fits_arm(hand(LEFT_WRIST + offset, size=size, turn=turn), PLAYER, LEFT)) is right_place


def test_what_was_not_seen_speaks_against_no_hand():
    far = hand((0.1, 0.1))
    assert not fits_arm(far, PLAYER, LEFT)
    assert fits_arm(far, without(LEFT.wrist), LEFT)
    assert fits_arm(hand(LEFT_WRIST, turn=180), without(LEFT.elbow), LEFT)
    assert fits_arm(np.full((21, 2), np.nan), PLAYER, LEFT)


def test_many_frames_at_once():
    joints = player(3)
    joints[1, LEFT.hand] = hand(RIGHT_WRIST)
    assert fits_arm(joints[:, LEFT.hand], joints, LEFT).tolist() == [True, False, True]
    assert wrist_distance(joints[:, LEFT.hand], joints, LEFT) == pytest.approx([0, 0.25, 0])


def test_two_hands_on_one_another_are_one():
    a, b = PLAYER[LEFT.hand], PLAYER[LEFT.hand] + [0.02, 0]
    assert hands_coincide(a, b, PLAYER)
    assert not hands_coincide(a, PLAYER[RIGHT.hand], PLAYER)
    assert not hands_coincide(a, np.full((21, 2), np.nan), PLAYER)
    assert not hands_coincide(a, b, without(*range(BODY.stop)))
