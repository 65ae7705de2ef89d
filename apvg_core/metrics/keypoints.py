"""Metrics of keypoints against the true ones: how far off, and how steady.

Positions are in widths of the square crop, x right, y down. Joints that the pose estimator missed are left
out; means are pooled over joints and frames, so that each visible joint weighs the same.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core import skeleton
from apvg_core.metrics.metric import FrameValues, Metric

Points = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]

GROUPS: Final = {"all": slice(None), **skeleton.GROUPS}
"""What `group` may be: all, body, left_hand, right_hand."""

STILL_SPEED: Final = 0.05
"""A joint slower than this stands still (widths a second): at 25 fps and 256 pixels, half a pixel a frame."""

_NECK: Final = skeleton.BODY_JOINTS.index("neck")


def keypoint_distance(real: Points, predicted: Points, visible: Mask, group: str = "all") -> Values:
    """Return the distances of the visible joints, in widths of the square crop.

    Args:
        real: True keypoints [shape=(..., 60, 2)], in [0, 1].
        predicted: Predicted keypoints [shape=(..., 60, 2)].
        visible: False for joints that the pose estimator missed [shape=(..., 60)].
        group: One of `GROUPS`.

    Returns:
        One value a visible joint [shape=(visible joints,)].
    """
    joints = GROUPS[group]
    offsets = (predicted - real)[..., joints, :][visible[..., joints]]
    return np.asarray(np.linalg.norm(offsets.astype(np.float64), axis=-1))


def relative_distance(real: Points, predicted: Points, visible: Mask) -> Values:
    """Return `keypoint_distance` after both necks are laid on each other: the body's sway is taken out.

    Frames without a visible neck are left out, and so is the neck itself, which would always be right.

    Args:
        real: True keypoints [shape=(..., 60, 2)], in [0, 1].
        predicted: Predicted keypoints [shape=(..., 60, 2)].
        visible: False for joints that the pose estimator missed [shape=(..., 60)].

    Returns:
        One value a visible joint [shape=(visible joints,)].
    """
    compared = visible & visible[..., [_NECK]]
    compared[..., _NECK] = False
    neck = [_NECK]
    return keypoint_distance(real - real[..., neck, :], predicted - predicted[..., neck, :], compared)


def correct_keypoints(real: Points, predicted: Points, visible: Mask, threshold: float) -> Mask:
    """Return which visible joints are at most `threshold` widths off; their mean is PCK, in [0, 1].

    The percentage of correct keypoints (Yang and Ramanan 2013), with the crop's width as the measure, for the
    player fills the crop.

    Args:
        real: True keypoints [shape=(..., 60, 2)], in [0, 1].
        predicted: Predicted keypoints [shape=(..., 60, 2)].
        visible: False for joints that the pose estimator missed [shape=(..., 60)].
        threshold: In widths of the square crop.

    Returns:
        One value a visible joint [shape=(visible joints,)].
    """
    return keypoint_distance(real, predicted, visible) <= threshold


def jerk(keypoints: Points, visible: Mask, fps: float) -> Values:
    """Return norms of the third difference times fps³, in widths / s³: how jerky the motion is.

    It has no target but the true motion's own.

    Args:
        keypoints: True or generated [shape=(n, 60, 2)].
        visible: The true ones', so that both are measured on the same joints [shape=(n, 60)]; all four frames
            count.
        fps: Frames a second.

    Returns:
        One value for each joint visible in four frames in a row [shape=(values,)].
    """
    third = np.diff(keypoints.astype(np.float64), n=3, axis=0) * fps**3
    return np.asarray(np.linalg.norm(third, axis=-1)[_lasting(visible, 4)])


def jitter(real: Points, predicted: Points, visible: Mask, fps: float) -> Values:
    """Return norms of the prediction's second difference while the truth stands still, in widths: trembling.

    Not divided by time: it is what the eye sees from frame to frame. Compare at one frame rate only. A true
    joint stands still where it is slower than `STILL_SPEED` in both steps.

    Args:
        real: True keypoints [shape=(n, 60, 2)].
        predicted: Predicted keypoints [shape=(n, 60, 2)].
        visible: False for joints that the pose estimator missed [shape=(n, 60)].
        fps: Frames a second.

    Returns:
        One value for each joint that is visible and still in three frames in a row [shape=(values,)].
    """
    slow = np.linalg.norm(np.diff(real, axis=0), axis=-1) * fps < STILL_SPEED
    second = np.diff(predicted.astype(np.float64), n=2, axis=0)
    return np.asarray(np.linalg.norm(second, axis=-1)[_lasting(visible, 3) & _lasting(slow, 2)])


def _lasting(mask: Mask, frames: int) -> Mask:
    """Return where a mask [shape=(n, joints)] holds for `frames` in a row [shape=(n-frames+1, joints)]."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(mask, frames, axis=0).all(axis=-1))


@dataclass(frozen=True, eq=False)
class KeypointFrames:
    """Keypoints of neighbouring frames.

    Attributes:
        real: True keypoints in [0, 1] [shape=(n, 60, 2)].
        predicted: Predicted keypoints [shape=(n, 60, 2)].
        visible: False for joints that the pose estimator missed [shape=(n, 60)].
        fps: Frames a second.
    """

    real: Points
    predicted: Points
    visible: Mask
    fps: float


def _distance(frames: KeypointFrames, group: str = "all") -> Values:
    return keypoint_distance(frames.real, frames.predicted, frames.visible, group)


def _correct(frames: KeypointFrames, threshold: float) -> Mask:
    return correct_keypoints(frames.real, frames.predicted, frames.visible, threshold)


METRICS: Final[tuple[Metric[KeypointFrames, FrameValues], ...]] = (
    Metric(
        "keypoint_distance", "keypoint distance", "widths", "low", 4,
        "Distance from the true keypoint, in widths of the picture, mean over visible joints.",
        "keypoints", _distance, curve=True,
    ),
    Metric(
        "keypoint_distance_body", "body", "widths", "low", 4,
        "Keypoint distance of the body's joints.",
        "keypoints", lambda frames: _distance(frames, "body"),
    ),
    Metric(
        "keypoint_distance_left_hand", "left hand", "widths", "low", 4,
        "Keypoint distance of the left hand's joints.",
        "keypoints", lambda frames: _distance(frames, "left_hand"),
    ),
    Metric(
        "keypoint_distance_right_hand", "right hand", "widths", "low", 4,
        "Keypoint distance of the right hand's joints.",
        "keypoints", lambda frames: _distance(frames, "right_hand"),
    ),
    Metric(
        "relative_distance", "distance from the neck", "widths", "low", 4,
        "Keypoint distance after both necks are aligned, so without the body's sway.",
        "keypoints", lambda frames: relative_distance(frames.real, frames.predicted, frames.visible),
    ),
    # Thresholds of 5 and 13 pixels of 256.
    Metric(
        "pck_02", "PCK at 0.02", "", "high", 3,
        "Share of the visible joints at most 0.02 widths of the picture from the truth.",
        "keypoints", lambda frames: _correct(frames, 0.02),
    ),
    Metric(
        "pck_05", "PCK at 0.05", "", "high", 3,
        "Share of the visible joints at most 0.05 widths of the picture from the truth.",
        "keypoints", lambda frames: _correct(frames, 0.05),
    ),
    Metric(
        "jitter", "jitter", "widths", "low", 5,
        "Norm of the second difference of keypoints whose true ones stand still, mean over joints.",
        "keypoints", lambda frames: jitter(frames.real, frames.predicted, frames.visible, frames.fps),
        frames=3, of_footage=True,
    ),
    Metric(
        "jerk", "jerk", "widths/s³", "recording", 1,
        "Norm of the third difference of the keypoints times fps³, mean over visible joints.",
        "keypoints", lambda frames: jerk(frames.predicted, frames.visible, frames.fps),
        frames=4, of_footage=True,
    ),
)  # fmt: skip
