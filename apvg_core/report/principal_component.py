"""Keypoints as one number a frame, as in the paper's Fig. 4: their first principal component."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.agreement import main_axis

Keypoints = npt.NDArray[np.float32]
Track = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Component:
    """The direction in which the true joints of a group move most.

    Attributes:
        joints: Indices of those that are visible in at least half of the frames [shape=(joints,)].
        visible: The frames in which all of them are [shape=(n,)].
        mean: Their mean position, flat [shape=(2 joints,)].
        axis: The direction, of length 1 [shape=(2 joints,)].
        share: Its share of the variance, in [0, 1].
    """

    joints: npt.NDArray[np.int64]
    visible: npt.NDArray[np.bool_]
    mean: Track
    axis: Track
    share: float

    def project(self, keypoints: Keypoints) -> Track:
        """Return how far keypoints (n, 60, 2) lie along the axis, in widths of the image [shape=(n,)]."""
        return np.asarray((_flat(keypoints, self.joints) - self.mean) @ self.axis)

    def project_truth(self, keypoints: Keypoints) -> Track:
        """Project true keypoints (n, 60, 2); NaN where a joint was missed and filled in [shape=(n,)]."""
        return np.where(self.visible, self.project(keypoints), np.nan)


def principal_component(
    keypoints: Keypoints, visible: npt.NDArray[np.bool_], group: slice
) -> Component | None:
    """Compute the first principal component of a group's true, visible joints.

    Args:
        keypoints: (n, 60, 2).
        visible: (n, 60).
        group: The group's joints.

    Returns:
        None where fewer than three frames show the joints.
    """
    joints = np.arange(visible.shape[1])[group]
    joints = joints[visible[:, joints].mean(axis=0) >= 0.5]
    in_view = visible[:, joints].all(axis=1)
    if not len(joints) or in_view.sum() < 3:
        return None
    path = _flat(keypoints[in_view], joints)
    axis = main_axis(path)
    centred = path - path.mean(axis=0)
    total = float((centred**2).sum())
    share = float(((centred @ axis) ** 2).sum()) / total if total else 0.0
    return Component(joints, in_view, path.mean(axis=0), axis, share)


def _flat(keypoints: Keypoints, joints: npt.NDArray[np.int64]) -> Track:
    return keypoints[:, joints].reshape(len(keypoints), -1).astype(np.float64)
