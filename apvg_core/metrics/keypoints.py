"""Metrics of keypoints against the true ones: how far off, and how steady.

Positions are in edges of the square crop, x right, y down. Joints that the pose estimator missed are left
out; means are pooled over joints and frames, so that each visible joint weighs the same.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core import skeleton

Points = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

GROUPS: Final = {"all": slice(None), **skeleton.GROUPS}
"""What `group` may be: all, body, left_hand, right_hand."""

PCK_THRESHOLDS: Final = (0.02, 0.05)
"""A keypoint that is no further off counts as correct: 5 and 13 pixels of 256."""

STILL_SPEED: Final = 0.05
"""A joint slower than this stands still (edges a second): at 25 fps and 256 pixels, half a pixel a frame."""

_NECK: Final = skeleton.BODY_JOINTS.index("neck")


def keypoint_distance(real: Points, predicted: Points, visible: Mask, group: str = "all") -> Values:
    """Distances of the visible joints [shape=(visible joints,)], in edges of the square crop.

    Args:
        real: (..., 60, 2) in [0, 1].
        predicted: (..., 60, 2).
        visible: (..., 60); joints the pose estimator missed are left out.
        group: One of `GROUPS`.
    """
    joints = GROUPS[group]
    offsets = (predicted - real)[..., joints, :][visible[..., joints]]
    return np.asarray(np.linalg.norm(offsets.astype(np.float64), axis=-1))


def relative_distance(real: Points, predicted: Points, visible: Mask, group: str = "all") -> Values:
    """`keypoint_distance` after both necks are laid on each other: the body's sway is taken out.

    Frames without a visible neck are left out, and so is the neck itself, which would always be right.
    """
    seen = visible & visible[..., [_NECK]]
    seen[..., _NECK] = False
    neck = [_NECK]
    return keypoint_distance(real - real[..., neck, :], predicted - predicted[..., neck, :], seen, group)


def correct_keypoints(
    real: Points, predicted: Points, visible: Mask, threshold: float = PCK_THRESHOLDS[0], group: str = "all"
) -> Mask:
    """Which visible joints are at most `threshold` edges off; their mean is PCK, in [0, 1].

    The percentage of correct keypoints (Yang and Ramanan 2013), with the crop's edge as the measure, for the
    player fills the crop.
    """
    return keypoint_distance(real, predicted, visible, group) <= threshold


def jerk(keypoints: Points, visible: Mask, fps: float, group: str = "all") -> Values:
    """Norms of the third difference times fps³, in edges / s³: how jerky the motion is.

    It has no target but the true motion's own.

    Args:
        keypoints: (n, 60, 2), true or generated.
        visible: (n, 60), the true ones', so that both are judged on the same joints; all four frames count.
        fps: Frames a second.
        group: One of `GROUPS`.

    Returns:
        One value for each joint seen in four frames in a row.
    """
    joints = GROUPS[group]
    third = np.diff(keypoints[:, joints].astype(np.float64), n=3, axis=0) * fps**3
    return np.asarray(np.linalg.norm(third, axis=-1)[_lasting(visible[:, joints], 4)])


def jitter(
    real: Points,
    predicted: Points,
    visible: Mask,
    fps: float,
    still: float = STILL_SPEED,
    group: str = "all",
) -> Values:
    """Norms of the prediction's second difference while the truth stands still, in edges: how it trembles.

    Not divided by time: it is what the eye sees from frame to frame. Compare at one frame rate only.

    Args:
        real: (n, 60, 2).
        predicted: (n, 60, 2).
        visible: (n, 60).
        fps: Frames a second.
        still: A true joint stands still where it is slower than this in both steps, in edges a second.
        group: One of `GROUPS`.

    Returns:
        One value for each joint that is seen and still in three frames in a row.
    """
    joints = GROUPS[group]
    slow = np.linalg.norm(np.diff(real[:, joints], axis=0), axis=-1) * fps < still
    second = np.diff(predicted[:, joints].astype(np.float64), n=2, axis=0)
    return np.asarray(np.linalg.norm(second, axis=-1)[_lasting(visible[:, joints], 3) & _lasting(slow, 2)])


def _lasting(mask: Mask, frames: int) -> Mask:
    """Where `mask` [shape=(n, joints)] holds for `frames` frames in a row [shape=(n-frames+1, joints)]."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(mask, frames, axis=0).all(axis=-1))
