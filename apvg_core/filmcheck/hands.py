"""How a hand looks in a picture: blurred, or dark."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.features.arms import Arm, forearm_length
from apvg_core.features.blur import blur_effect
from apvg_core.features.hand_refinement import CENTRE_OFFSET
from apvg_core.features.pose import Pose
from apvg_core.filmcheck.film import Hand

PIXELS: Final = 64
"""Edge to which the square about a larger hand is brought: in training it is no larger."""

ROOM: Final = 1.3
"""The square's edge, in the longer side of the box about the hand's joints."""

FOREARMS: Final = 0.8
"""The same about a hand that was missed, in forearms."""

LEAST_PIXELS: Final = 16
"""Edge of the smallest square that is judged."""

BRIGHTEST: Final = 90
"""Percentile that stands for brightness: skin and clothes may be dark in good light, but not all of it."""

UNKNOWN: Final = Hand(float("nan"), float("nan"))


def look_of_hand(image: npt.NDArray[np.uint8], pose: Pose, arm: Arm) -> Hand:
    """Measure how an arm's hand looks in an image [shape=(h, w, 3), RGB].

    A hand that was missed is looked for beyond its wrist: it may have been missed because it is blurred.
    """
    square = _square(pose.keypoints * [image.shape[1], image.shape[0]], arm)
    if square is None:
        return UNKNOWN
    left, top, right, bottom = square
    part = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if min(part.shape[:2]) < LEAST_PIXELS:
        return UNKNOWN
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    scale = PIXELS / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Hand(blur_effect(grey), float(np.percentile(grey, BRIGHTEST)))


def _square(pixels: npt.NDArray[np.float64], arm: Arm) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of the square about a hand, in pixels; None where it is unknown."""
    joints = pixels[arm.hand]
    joints = joints[~np.isnan(joints).any(axis=1)]
    if len(joints):
        centre = (joints.min(axis=0) + joints.max(axis=0)) / 2
        side = ROOM * float(np.ptp(joints, axis=0).max())
    else:
        unit = float(forearm_length(pixels))
        forearm = pixels[arm.wrist] - pixels[arm.elbow]
        centre = pixels[arm.wrist] + CENTRE_OFFSET * unit * forearm / max(float(np.linalg.norm(forearm)), 1.0)
        side = FOREARMS * unit
    if not np.isfinite([*centre, side]).all():
        return None
    left, top = np.round(centre - side / 2).astype(int)
    return int(left), int(top), int(left + side), int(top + side)
