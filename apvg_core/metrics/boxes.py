"""Boxes about the hands and the instrument, by a recording's own keypoints.

Of an instrument shards know nothing but the hands that hold it, so its box is the one that holds both hands'.
"""

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import GROUPS

HAND_BOX: Final = 0.15
"""Side of the square about a hand, in widths of the frame. Hands take 0.08 to 0.12 where the player fills the
frame; what is a little beside its place is to be seen as well."""

Region = Literal["frame", "left_hand", "right_hand", "instrument"]
"""What may be looked at: the whole frame, the box about a hand, or that of the instrument."""

Box = tuple[slice, slice]
"""Rows and columns of an image; at least one of each."""

Points = npt.NDArray[np.floating[Any]]
Corners = npt.NDArray[np.int64]
"""The first column and row of a box, and those behind its last [shape=(2, 2)]."""


def box_of(region: Region, keypoints: Points, visible: npt.NDArray[np.bool_], size: int) -> Box | None:
    """Return the box of a region in a frame; None where a hand that it takes was not seen.

    A hand's box is a square of `HAND_BOX` widths about the middle of what was seen of the hand, clipped to
    the frame; the instrument's is the smallest that holds both hands' boxes.

    Args:
        region: Which.
        keypoints: True keypoints in [0, 1] [shape=(60, 2)].
        visible: False for joints that the pose estimator missed [shape=(60,)].
        size: Edge of the frame in pixels.
    """
    if region == "frame":
        return slice(0, size), slice(0, size)
    hands = ("left_hand", "right_hand") if region == "instrument" else (region,)
    found = [_about_hand(keypoints[GROUPS[hand]][visible[GROUPS[hand]]], size) for hand in hands]
    seen = [corners for corners in found if corners is not None]
    if len(seen) < len(hands):
        return None
    first_column, first_row = np.min([corners[0] for corners in seen], axis=0)
    end_column, end_row = np.max([corners[1] for corners in seen], axis=0)
    return slice(int(first_row), int(end_row)), slice(int(first_column), int(end_column))


def _about_hand(joints: Points, size: int) -> Corners | None:
    """Return the corners of the box about the joints of a hand [shape=(n, 2)]; None of none."""
    if not len(joints):
        return None
    middle = (joints.min(axis=0) + joints.max(axis=0)) / 2 * size
    side = max(2, round(HAND_BOX * size))
    first = np.rint(middle - side / 2).astype(np.int64)
    return np.stack([first, first + side]).clip([[0], [1]], [[size - 1], [size]])
