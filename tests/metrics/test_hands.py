import numpy as np

from apvg_core.metrics.hands import NEAR, PALM, hand_found
from apvg_core.skeleton import LEFT_HAND, RIGHT_HAND


def test_a_hand_is_found_where_it_is_said_to_be() -> None:
    said = np.full((5, 60, 2), 0.5, np.float32)
    found = said.copy()
    found[1, LEFT_HAND] += (0.0186, 0.0248)  # 3-4-5: 0.031 away
    found[2, LEFT_HAND] += (0.0174, 0.0232)  # 0.029 away
    found[3, LEFT_HAND] = np.nan
    found[4, LEFT_HAND.start + PALM[0]] = np.nan  # beyond the picture's edge; the others tell
    found[4, LEFT_HAND.start + PALM[1]] += (4 * NEAR * 0.9, 0)  # a quarter of that in the mean of the four
    assert hand_found(said, found, "left_hand").tolist() == [True, False, True, False, True]
    assert hand_found(said, found, "right_hand").all()
    found[:, RIGHT_HAND] = np.nan
    assert not hand_found(said, found, "right_hand").any()


def test_fingers_may_be_anywhere() -> None:
    said = np.full((1, 60, 2), 0.5, np.float32)
    found = said.copy()
    found[0, [LEFT_HAND.start + k for k in range(21) if k not in PALM]] = 0.9
    assert hand_found(said, found, "left_hand").all()
