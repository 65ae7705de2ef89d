"""MediaPipe 0.10's estimators, its "solutions", with the models that are inside its wheel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class Holistic:
    """MediaPipe Holistic (body model "full"); see `HolisticEstimator`."""

    def __init__(self, *, video: bool) -> None:
        import mediapipe

        self._holistic = mediapipe.solutions.holistic.Holistic(
            static_image_mode=not video, model_complexity=1
        )

    def __call__(self, frame: npt.NDArray[np.uint8]) -> list[Sequence[Any]]:
        """Find the landmarks of body, left and right hand in a frame [shape=(h, w, 3), RGB]."""
        result = self._holistic.process(frame)
        parts = (result.pose_landmarks, result.left_hand_landmarks, result.right_hand_landmarks)
        return [() if part is None else part.landmark for part in parts]

    def close(self) -> None:
        """Release its threads and memory."""
        self._holistic.close()


class Hands:
    """MediaPipe Hands (models "full"), each image by itself; see `MediaPipeHands`."""

    def __init__(self, *, most: int, min_palm: float, min_presence: float) -> None:
        import mediapipe

        self._hands = mediapipe.solutions.hands.Hands(
            static_image_mode=True, max_num_hands=most, model_complexity=1,
            min_detection_confidence=min_palm, min_tracking_confidence=min_presence,
        )  # fmt: skip

    def __call__(self, image: npt.NDArray[np.uint8]) -> list[tuple[Sequence[Any], float]]:
        """Find hands in an image [shape=(h, w, 3), RGB]: landmarks, and how likely it is a left one."""
        result = self._hands.process(image)
        found = []
        for marks, sides in zip(
            result.multi_hand_landmarks or (), result.multi_handedness or (), strict=True
        ):
            side = sides.classification[0]
            # It takes images for mirrored ones: its "Right" is the left hand in an image that is not.
            found.append((marks.landmark, side.score if side.label == "Right" else 1 - side.score))
        return found

    def close(self) -> None:
        """Release its threads and memory."""
        self._hands.close()
