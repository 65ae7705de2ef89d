"""Metrics of hands as a pose estimator sees them: is there a hand in the picture, where it should be?

A hand that is drawn badly is none to the estimator. Footage has its own rate: hands are hidden or blurred.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.metric import FrameValues, Metric
from apvg_core.skeleton import GROUPS, HAND_JOINTS

Points = npt.NDArray[np.float32]

NEAR: Final = 0.03
"""Distance within which a group of joints is in the right place (the middle of the palm, or of the arms), in
widths of the picture; the palm of a player who fills it is 0.05 wide."""

PALM: Final = tuple(HAND_JOINTS.index(name) for name in ("root", "index_1", "middle_1", "ring_1", "pinky_1"))
"""Joints of the palm, as indices into a hand's."""


def hand_found(said: Points, found: Points, hand: str) -> npt.NDArray[np.bool_]:
    """Return whether a hand was found with its palm where it is said to be, within `NEAR`.

    Args:
        said: Keypoints [shape=(n, 60, 2)], in [0, 1].
        found: Those found in the picture, NaN where missed [shape=(n, 60, 2)].
        hand: "left_hand" or "right_hand".

    Returns:
        One value a frame [shape=(n,)]; False where no joint of the palm was found.
    """
    palm = [GROUPS[hand].start + joint for joint in PALM]
    offsets = found[:, palm].astype(np.float64) - said[:, palm]
    missed = np.isnan(offsets).any(axis=-1, keepdims=True)
    count = (~missed).sum(axis=1)
    mean = np.where(missed, 0, offsets).sum(axis=1) / np.maximum(count, 1)
    return np.asarray((count[:, 0] > 0) & (np.linalg.norm(mean, axis=-1) < NEAR))


@dataclass(frozen=True, eq=False)
class HandFrames:
    """Keypoints of frames, and those that a pose estimator finds in the pictures of them.

    Attributes:
        said: Keypoints in [0, 1] [shape=(n, 60, 2)].
        found: Found ones, NaN where missed [shape=(n, 60, 2)].
    """

    said: Points
    found: Points


METRICS: Final[tuple[Metric[HandFrames, FrameValues], ...]] = (
    Metric(
        "left_hand_found", "left hand found", "", "high", 3,
        "Share of the frames in which the pose estimator finds the left hand where the method's keypoints, "
        "or else the recording's, say it is.",
        "hands", lambda frames: hand_found(frames.said, frames.found, "left_hand"), of_footage=True,
    ),
    Metric(
        "right_hand_found", "right hand found", "", "high", 3,
        "Share of the frames in which the pose estimator finds the right hand where the method's keypoints, "
        "or else the recording's, say it is.",
        "hands", lambda frames: hand_found(frames.said, frames.found, "right_hand"), of_footage=True,
    ),
)  # fmt: skip
