"""Boxes by hand, in frames of 100 pixels: a hand's has 15 a side."""

import numpy as np
import pytest

from apvg_core.metrics.boxes import Box, box_of
from apvg_core.skeleton import GROUPS, NUM_JOINTS

SIZE = 100


def boxes(left: tuple[float, float], right: tuple[float, float], seen: str = "left_hand right_hand") -> list:
    """Boxes of left hand, right hand and instrument as (x, y, x, y), the hands being at two points."""
    keypoints, visible = np.zeros((NUM_JOINTS, 2), np.float32), np.zeros(NUM_JOINTS, np.bool_)
    for hand, point in (("left_hand", left), ("right_hand", right)):
        keypoints[GROUPS[hand]] = point
        visible[GROUPS[hand]] = hand in seen
    found = (box_of(region, keypoints, visible, SIZE) for region in ("left_hand", "right_hand", "instrument"))
    return [box and corners(box) for box in found]


def corners(box: Box) -> tuple[int, int, int, int]:
    rows, columns = box
    return columns.start, rows.start, columns.stop, rows.stop


def test_squares_about_the_hands_and_the_box_that_holds_both() -> None:
    assert boxes((0.205, 0.505), (0.705, 0.405)) == [(13, 43, 28, 58), (63, 33, 78, 48), (13, 33, 78, 58)]


def test_boxes_end_where_the_frame_does() -> None:
    assert boxes((0, 1), (0.995, 0.505)) == [(0, 92, 7, 100), (92, 43, 100, 58), (0, 43, 100, 100)]


def test_a_hand_that_was_not_seen_has_no_box_and_neither_has_the_instrument() -> None:
    assert boxes((0.2, 0.5), (0.7, 0.4), seen="left_hand") == [(12, 42, 27, 57), None, None]


def test_the_middle_is_that_of_the_joints_that_were_seen() -> None:
    keypoints, visible = np.full((NUM_JOINTS, 2), 0.9, np.float32), np.zeros(NUM_JOINTS, np.bool_)
    first = GROUPS["left_hand"].start
    keypoints[first : first + 3] = [(0.405, 0.205), (0.405, 0.205), (0.605, 0.405)]
    visible[first : first + 3] = True
    box = box_of("left_hand", keypoints, visible, SIZE)
    assert box is not None
    assert corners(box) == (43, 23, 58, 38)


def test_the_whole_frame_needs_no_hand() -> None:
    nothing = np.zeros((NUM_JOINTS, 2), np.float32), np.zeros(NUM_JOINTS, np.bool_)
    assert box_of("frame", *nothing, SIZE) == (slice(0, SIZE), slice(0, SIZE))


@pytest.mark.parametrize("size", [11, 32])
@pytest.mark.parametrize("corner", [0.0, 1.0])
def test_there_is_something_in_the_box_in_the_corner_of_the_smallest_frame(size: int, corner: float) -> None:
    keypoints, visible = np.full((NUM_JOINTS, 2), corner, np.float32), np.ones(NUM_JOINTS, np.bool_)
    box = box_of("instrument", keypoints, visible, size)
    assert box is not None
    assert np.zeros((size, size))[box].size >= 1
