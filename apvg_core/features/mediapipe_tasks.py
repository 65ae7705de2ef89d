"""MediaPipe 1.2's estimators, its "tasks", with the models of `pose_models`.

They are the same networks and steps as the solutions of 0.10, and find the same joints.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.features.pose_models import HANDS, HOLISTIC, bundle

_FRAMES_A_SECOND: Final = 30
"""What the solutions take every video for; how much is smoothed depends on it."""


class Holistic:
    """MediaPipe's Holistic landmarker; see `HolisticEstimator`."""

    def __init__(self, *, video: bool) -> None:
        self._video = video
        self._begin()

    def _begin(self) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.HolisticLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(bundle(HOLISTIC))),
            running_mode=vision.RunningMode.VIDEO,
        )
        self._landmarker = vision.HolisticLandmarker.create_from_options(options)
        self._seen = 0

    def __call__(self, frame: npt.NDArray[np.uint8]) -> list[Sequence[Any]]:
        """Find the landmarks of body, left and right hand in a frame [shape=(h, w, 3), RGB]."""
        if self._seen and not self._video:  # in its mode for single images it remembers the one before, too
            self.close()
            self._begin()
        self._seen += 1
        milliseconds = round(1000 * self._seen / _FRAMES_A_SECOND)
        result = self._landmarker.detect_for_video(_image(frame), milliseconds)
        return [result.pose_landmarks, result.left_hand_landmarks, result.right_hand_landmarks]

    def close(self) -> None:
        """Release its threads and memory."""
        self._landmarker.close()


class Hands:
    """MediaPipe's hand landmarker, each image by itself; see `MediaPipeHands`."""

    def __init__(self, *, most: int, min_palm: float, min_presence: float) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.HandLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(bundle(HANDS))),
            num_hands=most, min_hand_detection_confidence=min_palm, min_hand_presence_confidence=min_presence,
        )  # fmt: skip
        self._landmarker = vision.HandLandmarker.create_from_options(options)

    def __call__(self, image: npt.NDArray[np.uint8]) -> list[tuple[Sequence[Any], float]]:
        """Find hands in an image [shape=(h, w, 3), RGB]: landmarks, and how likely it is a left one."""
        result = self._landmarker.detect(_image(image))
        return [
            (marks, side.score if side.category_name == "Left" else 1 - side.score)
            for marks, (side, *_) in zip(result.hand_landmarks, result.handedness, strict=True)
        ]

    def close(self) -> None:
        """Release its threads and memory."""
        self._landmarker.close()


def _image(frame: npt.NDArray[np.uint8]) -> Any:
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame)
