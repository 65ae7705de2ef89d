"""How far the picture of a camera is displaced from an earlier one: the motion of what is not the player."""

from typing import Final

import cv2
import numpy as np

from apvg_core.features.background import Grey, Mask

MOST_POINTS: Final = 100
LEAST_POINTS: Final = 8
"""Corners that are followed; of fewer, as before a plain wall, nothing can be said."""

_QUALITY: Final = 0.02
_APART: Final = 5
_RETURNS: Final = 0.5
"""Pixels that a point may be off when it is followed back to where it came from."""


class Displacement:
    """Follows the corners behind a player from one picture to others (Lucas and Kanade 1981, by pyramids).

    Args:
        first: The picture from which displacements count [shape=(h, w)].
        hidden: True where the player is in any of the pictures [shape=(h, w)].
    """

    def __init__(self, first: Grey, hidden: Mask) -> None:
        self._first = first
        allowed = np.where(hidden, 0, 255).astype(np.uint8)
        corners = cv2.goodFeaturesToTrack(first, MOST_POINTS, _QUALITY, _APART, mask=allowed)
        self._corners = np.zeros((0, 1, 2), np.float32) if corners is None else corners

    def __call__(self, picture: Grey) -> float:
        """Measure the displacement of a picture [shape=(h, w)], in shares of its longer side.

        It is the length of the median over the corners; NaN where too few are found again.
        """
        if len(self._corners) < LEAST_POINTS:
            return float("nan")
        found, there, _ = cv2.calcOpticalFlowPyrLK(self._first, picture, self._corners, None)
        back, here, _ = cv2.calcOpticalFlowPyrLK(picture, self._first, found, None)
        returned = np.linalg.norm(back - self._corners, axis=2)[:, 0] <= _RETURNS
        kept = (there[:, 0] == 1) & (here[:, 0] == 1) & returned
        if kept.sum() < LEAST_POINTS:
            return float("nan")
        median = np.median((found - self._corners)[kept, 0], axis=0)
        return float(np.linalg.norm(median) / max(picture.shape))
