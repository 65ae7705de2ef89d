"""Where a viewer sees the player in pictures that were made, as extraction does in footage."""

import numpy as np
import numpy.typing as npt

from apvg_core.features.pose import HolisticEstimator, Pose, PoseEstimator
from apvg_core.features.second_look import SecondLook
from apvg_core.features.tracks import tidy_tracks


class Finder:
    """Finds the joints in the frames of one performance, in order.

    Args:
        look: Finds those of one frame, and is closed with this; as in extraction if not given.

    Raises:
        DependencyError: MediaPipe is not installed.
    """

    def __init__(self, look: PoseEstimator | None = None) -> None:
        self._look = look or SecondLook(HolisticEstimator(video=True))
        self._poses: list[Pose] = []

    def add(self, frame: npt.NDArray[np.uint8]) -> None:
        """Look at the next frame [shape=(size, size, 3), RGB]."""
        self._poses.append(self._look(frame))

    def found(self, fps: float) -> npt.NDArray[np.float32]:
        """The joints in all frames [shape=(frames, 60, 2), in [0, 1]], tidied up; none without frames."""
        if not self._poses:
            return np.zeros((0, 60, 2), np.float32)
        keypoints, confidence = (
            np.stack([getattr(pose, name) for pose in self._poses]) for name in ("keypoints", "confidence")
        )
        return tidy_tracks(keypoints, confidence, fps=fps).keypoints

    def close(self) -> None:
        """Release the estimator's threads and memory."""
        self._look.close()
