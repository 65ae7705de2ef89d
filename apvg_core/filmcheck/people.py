"""Somebody else in the picture: whoever is found once the player is painted over."""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.features.pose import Pose, PoseEstimator
from apvg_core.skeleton import BODY_JOINTS

ROOM: Final = 0.1
"""Room about the player's joints that is painted over too, in the longer side of their box."""

LEAST_JOINTS: Final = 8
"""Joints of the body by which somebody is a person, not a coat on a chair."""


def find_other(image: npt.NDArray[np.uint8], player: Pose, search: PoseEstimator) -> Pose | None:
    """Find a second person in an image [shape=(h, w, 3), RGB]; None if there is none, or no player.

    Args:
        image: The image.
        player: The player's joints in it.
        search: Finds the joints of one person in an image that has nothing to do with the one before.
    """
    if not player.found:
        return None
    size = np.array([image.shape[1], image.shape[0]])
    joints = player.keypoints[~np.isnan(player.keypoints).any(axis=1)] * size
    low, high = joints.min(axis=0), joints.max(axis=0)
    room = ROOM * float((high - low).max())
    left, top = np.floor(low - room).clip(0).astype(int)
    right, bottom = np.ceil(high + room).clip(0, size).astype(int)
    painted = image.copy()
    painted[top:bottom, left:right] = np.median(image, axis=(0, 1)).astype(np.uint8)
    found = search(painted)
    return found if (found.confidence[: len(BODY_JOINTS)] > 0).sum() >= LEAST_JOINTS else None
