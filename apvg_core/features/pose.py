"""Estimates the player's 60 joints in an image, by MediaPipe Holistic.

MediaPipe names 33 body landmarks, of which OpenPose's 18 joints are made (the neck is the middle of the
shoulders), and 2 x 21 hand landmarks, whose order is OpenPose's. "left" and "right" are the player's own
in both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from apvg_core.errors import DependencyError
from apvg_core.features.mediapipe_api import mediapipe_api
from apvg_core.features.mediapipe_guards import ascii_locale, discarded_stderr
from apvg_core.features.pose_models import has_models, make_bundles
from apvg_core.skeleton import BODY, BODY_JOINTS, LEFT_HAND, NUM_JOINTS, RIGHT_HAND

MIN_VISIBILITY: Final = 0.5
"""Least visibility, as MediaPipe estimates it, of a body joint that does not count as missed."""

_MEDIAPIPE_INDEX: Final = {
    "nose": 0,
    "left_eye": 2, "right_eye": 5,
    "left_ear": 7, "right_ear": 8,
    "left_shoulder": 11, "right_shoulder": 12,
    "left_elbow": 13, "right_elbow": 14,
    "left_wrist": 15, "right_wrist": 16,
    "left_hip": 23, "right_hip": 24,
    "left_knee": 25, "right_knee": 26,
    "left_ankle": 27, "right_ankle": 28,
}  # fmt: skip
_NECK: Final = (_MEDIAPIPE_INDEX["left_shoulder"], _MEDIAPIPE_INDEX["right_shoulder"])
# Every joint is the middle of two landmarks; for all but the neck they are the same one.
_SOURCES: Final = np.array(
    [_NECK if joint == "neck" else (_MEDIAPIPE_INDEX[joint],) * 2 for joint in BODY_JOINTS]
)


@dataclass(frozen=True)
class Pose:
    """Joints found in one image, in the order of `skeleton.JOINTS`.

    Attributes:
        keypoints: (60, 2) float32, x right and y down in [0, 1] of the image; NaN where missed.
        confidence: (60,) float32 in [0, 1]; 0 where missed, 1 for the joints of a hand that was found.
        outside: (60,) True for joints that are missed because they seem to be beyond the image's edges.
    """

    keypoints: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    outside: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(NUM_JOINTS, np.bool_))

    @property
    def found(self) -> bool:
        """True if a person is in the image."""
        return bool(self.confidence[BODY].any())


class PoseEstimator(Protocol):
    """Finds the joints of the one player in an image."""

    def __call__(self, frame: npt.NDArray[np.uint8]) -> Pose:
        """Find the joints in `frame` [shape=(h, w, 3), RGB]."""

    def close(self) -> None:
        """Release the estimator's threads and memory."""


class HolisticEstimator:
    """MediaPipe Holistic (body model "full").

    Whatever is written to the process's standard error during a call is lost (see `mediapipe_guards`).

    Args:
        video: The images are the frames of one video in order, so the player is followed from each to
            the next and joints are smoothed; otherwise each image is searched afresh.

    Raises:
        DependencyError: MediaPipe is not installed, or its models cannot be had.
    """

    def __init__(self, *, video: bool) -> None:
        prepare_estimator()
        with discarded_stderr(), ascii_locale():
            self._holistic = mediapipe_api().Holistic(video=video)
            # Its threads start up, and write, in their own time; the first answer says that they are done.
            self._holistic(np.zeros((64, 64, 3), np.uint8))

    def __call__(self, frame: npt.NDArray[np.uint8]) -> Pose:
        """Find the joints in `frame` [shape=(h, w, 3), RGB]."""
        with discarded_stderr():
            body, left_hand, right_hand = self._holistic(np.ascontiguousarray(frame))
        return pose_from_landmarks(
            body=_array(body), left_hand=_array(left_hand), right_hand=_array(right_hand)
        )

    def close(self) -> None:
        """Release the estimator's threads and memory."""
        with discarded_stderr():
            self._holistic.close()


def estimator_name() -> str:
    """Return name and version of the estimator, for the record; cheap, as nothing is imported.

    Raises:
        DependencyError: MediaPipe is not installed.
    """
    try:
        return f"mediapipe {metadata.version('mediapipe')} holistic"
    except metadata.PackageNotFoundError as error:
        raise DependencyError(
            "Finding keypoints needs MediaPipe, which is missing; install apvg again."
        ) from error


def prepare_estimator() -> None:
    """See that the estimator can be made: MediaPipe's later releases need models, which are fetched once.

    Raises:
        DependencyError: MediaPipe is not installed, or its models cannot be had.
    """
    estimator_name()
    if not has_models():
        make_bundles()


def pose_from_landmarks(
    *,
    body: npt.NDArray[np.float32] | None,
    left_hand: npt.NDArray[np.float32] | None,
    right_hand: npt.NDArray[np.float32] | None,
) -> Pose:
    """Convert MediaPipe's landmarks to a pose; None for a part that was not found.

    Joints outside the image and body joints of low visibility count as missed.

    Args:
        body: (33, 3) x, y in [0, 1] of the image, and visibility.
        left_hand: (21, 3) x, y, and a number without meaning here.
        right_hand: (21, 3), the same.
    """
    keypoints = np.full((NUM_JOINTS, 2), np.nan, np.float32)
    confidence = np.zeros(NUM_JOINTS, np.float32)
    if body is not None:
        keypoints[BODY] = body[_SOURCES, :2].mean(axis=1)
        visibility = body[_SOURCES, 2].min(axis=1)
        confidence[BODY] = np.where(visibility >= MIN_VISIBILITY, np.minimum(visibility, 1), 0)
    for part, hand in ((LEFT_HAND, left_hand), (RIGHT_HAND, right_hand)):
        if hand is not None:
            keypoints[part] = hand[:, :2]
            confidence[part] = 1
    inside = ((keypoints >= 0) & (keypoints <= 1)).all(axis=1)
    outside = ~inside & ~np.isnan(keypoints).any(axis=1)
    confidence[~inside] = 0
    keypoints[confidence == 0] = np.nan
    return Pose(keypoints, confidence, outside)


def _array(landmarks: Sequence[Any]) -> npt.NDArray[np.float32] | None:
    """MediaPipe's landmarks as x, y, visibility [shape=(n, 3)], or None if there are none."""
    if not landmarks:
        return None
    return np.array([(mark.x, mark.y, mark.visibility) for mark in landmarks], np.float32)
