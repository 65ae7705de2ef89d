"""Alignment of a player's keypoints in one square with those in another: other crops of one camera's view."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import BODY_JOINTS

STEADY: Final = [
    BODY_JOINTS.index(joint)
    for joint in (
        "nose", "neck", "right_shoulder", "left_shoulder", "right_hip", "left_hip",
        "right_eye", "left_eye", "right_ear", "left_ear",
    )
]  # fmt: skip
"""Joints that stay where they are, but for the sway of the body."""

LEAST_SEEN: Final = 0.5
"""Share of the frames in which a joint must be visible to count."""

SWAY: Final = 0.02
"""Median distance from the average, in edges, by which a body sways: what is nearer is the same square."""

Points = npt.NDArray[np.floating[Any]]


def aligned(keypoints: Points, visible: npt.NDArray[np.bool_], average: Points) -> Points | None:
    """Move and scale all keypoints of a recording so that head and trunk lie where they do on average.

    By least squares, with one scale for both axes and no rotation (Procrustes), between the medians of the
    joints that stay where they are and their average. Where they lie there already, but for the body's sway,
    nothing is moved: then it is the same square, and how the body leant in a short film is no error.

    Args:
        keypoints: The recording's, in any square units [shape=(n, 60, 2)].
        visible: True for what was found [shape=(n, 60)].
        average: Average keypoints of the same view [shape=(60, 2)].

    Returns:
        The keypoints in the average's units [shape=(n, 60, 2)]; None where fewer than two of the joints are
        visible.
    """
    joints = [joint for joint in STEADY if visible[:, joint].mean() >= LEAST_SEEN]
    if len(joints) < 2:
        return None
    found = np.array([np.median(keypoints[visible[:, joint], joint], axis=0) for joint in joints], np.float64)
    wanted = average[joints].astype(np.float64)
    if np.median(np.linalg.norm(found - wanted, axis=1)) <= SWAY:
        return keypoints
    from_centre, to_centre = found.mean(axis=0), wanted.mean(axis=0)
    offsets = found - from_centre
    scale = (offsets * (wanted - to_centre)).sum() / (offsets**2).sum()
    return np.asarray((keypoints - from_centre) * scale + to_centre)
