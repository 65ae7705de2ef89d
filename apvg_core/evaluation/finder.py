"""Where a viewer sees the player in images that were made, as extraction does in footage."""

import numpy as np
import numpy.typing as npt

from apvg_core.features.hand_refinement import video_pose_estimator
from apvg_core.features.pose import Pose, PoseEstimator
from apvg_core.features.tracks import clean_tracks
from apvg_core.skeleton import NUM_JOINTS


class Finder:
    """Finds the joints in the frames of one performance, in order.

    Args:
        look: Finds those of one frame, and is closed with this; extraction's if not given.
    """

    def __init__(self, look: PoseEstimator | None = None) -> None:
        self._look = look
        self._seen: npt.NDArray[np.uint8] | None = None
        self._poses: list[Pose] = []

    def add(self, frame: npt.NDArray[np.uint8]) -> None:
        """Look at the next frame [shape=(size, size, 3), RGB]; what stands still is looked at once.

        Raises:
            DependencyError: MediaPipe is not installed.
        """
        if self._look is None:
            self._look = video_pose_estimator()
        still = self._seen is not None and np.array_equal(frame, self._seen)
        self._poses.append(self._poses[-1] if still else self._look(frame))
        self._seen = frame

    def found(self, fps: float) -> npt.NDArray[np.float32]:
        """The joints in all frames [shape=(frames, 60, 2), in [0, 1]]; none without frames.

        As in shards: tidied up, and what is missed is filled in.
        """
        if not self._poses:
            return np.zeros((0, NUM_JOINTS, 2), np.float32)
        keypoints = np.stack([pose.keypoints for pose in self._poses])
        confidence = np.stack([pose.confidence for pose in self._poses])
        return clean_tracks(keypoints, confidence, fps=fps).keypoints

    def close(self) -> None:
        """Release the estimator's threads and memory."""
        if self._look is not None:
            self._look.close()
