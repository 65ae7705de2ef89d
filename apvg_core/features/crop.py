"""The square that is cut out of a recording's frames.

It is chosen once per recording, so that the camera stays still: whatever moves in it is the player.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.errors import ConfigError
from apvg_core.features.pose import Pose
from apvg_core.skeleton import BODY_JOINTS

MARGIN: Final = 0.2
"""Room left on each side for the instrument, as a share of the longer side of the player's box."""

OUTLIERS: Final = 5
"""Percentage of the frames whose box may reach further on any side: the estimator's slips."""

_LEGS: Final = [k for k, joint in enumerate(BODY_JOINTS) if joint.endswith(("knee", "ankle"))]


def centre_crop(width: int, height: int) -> tuple[int, int, int]:
    """The largest square in the middle of a picture, as (x, y, side) in pixels; the side is even."""
    side = 2 * (min(width, height) // 2)
    return (width - side) // 2, (height - side) // 2, side


def given_crop(text: str, width: int, height: int) -> tuple[int, int, int]:
    """The square that "X,Y,S" names, in pixels.

    Raises:
        ConfigError: It reaches out of the picture.
    """
    x, y, side = (int(number) for number in text.split(","))
    if x + side > width or y + side > height:
        raise ConfigError(f"--crop {text} reaches out of the picture, which is {width} x {height} pixels.")
    return x, y, side


def square_crop(poses: Sequence[Pose], *, width: int, height: int) -> tuple[int, int, int]:
    """Choose the square that holds the player's upper body, arms, hands and instrument.

    Args:
        poses: Poses in frames spread over the recording, at least one of them found.
        width: Of the frames, in pixels.
        height: Of the frames, in pixels.

    Returns:
        (x, y, side) in pixels: the square's upper left corner and its edge, which is even. It lies wholly
        inside the picture.
    """
    joints = np.stack([np.delete(pose.keypoints, _LEGS, axis=0) for pose in poses if pose.found])
    joints = joints * [width, height]
    boxes = _of_one_person(np.stack([np.nanmin(joints, axis=1), np.nanmax(joints, axis=1)], axis=1))
    low = np.percentile(boxes[:, 0], OUTLIERS, axis=0)
    high = np.percentile(boxes[:, 1], 100 - OUTLIERS, axis=0)
    wanted = (1 + 2 * MARGIN) * float((high - low).max())
    side = 2 * (min(round(wanted), width, height) // 2)
    corner = np.clip(np.round((low + high - side) / 2), 0, [width - side, height - side])
    return int(corner[0]), int(corner[1]), side


def _of_one_person(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Leave out the boxes of somebody else in the picture, whom the estimator takes now and then.

    Args:
        boxes: [shape=(n, 2, 2)], upper left and lower right corners (x, y).
    """
    centres = boxes.mean(axis=1)
    typical = centres[np.abs(centres - np.median(centres, axis=0)).sum(axis=1).argmin()]
    reach = np.median(boxes[:, 1] - boxes[:, 0], axis=0).max() / 2
    near = (np.abs(centres - typical) <= reach).all(axis=1)
    return np.asarray(boxes[near])
