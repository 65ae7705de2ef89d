import pytest

from apvg_core.instruments import BOWED, RANGES, note_hand, of_one_family
from apvg_core.skeleton import JOINTS


@pytest.mark.parametrize("instrument", [*BOWED, "guitar"])
def test_the_left_hand_stops_the_strings(instrument: str) -> None:
    hand = note_hand(instrument)
    assert hand is not None
    assert (JOINTS[hand.joint], hand.name, hand.rises) == ("left_wrist", "left hand", True)


def test_the_right_hand_moves_the_slide_out_for_lower_notes() -> None:
    hand = note_hand("trombone")
    assert hand is not None
    assert (JOINTS[hand.joint], hand.name, hand.rises) == ("right_wrist", "slide", False)
    assert note_hand("flute") is None


def test_the_lowest_notes_of_strings_are_their_open_ones() -> None:
    assert [RANGES[name][0] for name in BOWED] == [55, 48, 36, 28]  # G3, C3, C2, E1
    assert all(low < high for low, high in RANGES.values())


def test_families() -> None:
    assert of_one_family("violin", "cello")
    assert of_one_family("trombone", "tuba")
    assert not of_one_family("violin", "trombone")
    assert not of_one_family("violin", "guitar")  # which nobody bows
    assert of_one_family("theremin", "theremin")
    assert not of_one_family("theremin", "saw")
