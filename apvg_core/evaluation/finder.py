"""Finder of keypoints in generated images, by the pose estimator that extraction uses on footage."""

import numpy as np
import numpy.typing as npt

from apvg_core.features.hand_refinement import video_pose_estimator
from apvg_core.features.pose import Pose, PoseEstimator
from apvg_core.features.tracks import clean_tracks
from apvg_core.skeleton import NUM_JOINTS


class Finder:
    """Finds the joints in the frames of one prediction, in order.

    Args:
        estimator: Finds those of one frame, and is closed with this; extraction's if not given.
    """

    def __init__(self, estimator: PoseEstimator | None = None) -> None:
        self._estimator = estimator
        self._last: npt.NDArray[np.uint8] | None = None
        self._poses: list[Pose] = []

    def add(self, frame: npt.NDArray[np.uint8]) -> None:
        """Estimate the pose in the next frame, RGB [shape=(size, size, 3)]; once where it stands still.

        Raises:
            DependencyError: MediaPipe is not installed.
        """
        if self._estimator is None:
            self._estimator = video_pose_estimator()
        still = self._last is not None and np.array_equal(frame, self._last)
        self._poses.append(self._poses[-1] if still else self._estimator(frame))
        self._last = frame

    @property
    def has_seen(self) -> bool:
        """True if there was a frame."""
        return bool(self._poses)

    def found(self) -> npt.NDArray[np.float32]:
        """Return what was found in all frames, in [0, 1], NaN where missed [shape=(frames, 60, 2)]."""
        return np.stack([pose.keypoints for pose in self._poses])

    def keypoints(self, fps: float) -> npt.NDArray[np.float32]:
        """Return the joints in all frames, in [0, 1] [shape=(frames, 60, 2)].

        As in shards: tracks are cleaned, and missed joints are filled in.
        """
        if not self._poses:
            return np.zeros((0, NUM_JOINTS, 2), np.float32)
        confidence = np.stack([pose.confidence for pose in self._poses])
        return clean_tracks(self.found(), confidence, fps=fps).keypoints

    def close(self) -> None:
        """Release the estimator's threads and memory."""
        if self._estimator is not None:
            self._estimator.close()
