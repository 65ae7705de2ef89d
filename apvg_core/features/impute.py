"""Imputes the joints that the estimator missed, so that no NaN leaves extraction."""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import BODY, BODY_EDGES, BODY_JOINTS, LEFT_HAND, RIGHT_HAND

MAX_GAP_SECONDS: Final = 0.5
"""A joint missed for no longer than this is taken to have moved straight on."""

_HANDS: Final = (
    (LEFT_HAND, BODY_JOINTS.index("left_wrist")),
    (RIGHT_HAND, BODY_JOINTS.index("right_wrist")),
)

Floats = npt.NDArray[np.float32]


def impute(keypoints: Floats, *, fps: float) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Fill in the missed joints of one recording.

    Short gaps are interpolated linearly (at either end of the recording the nearest position holds);
    in longer ones a joint rests at its average. A body joint that is never found goes with its neighbours in
    the skeleton; if none is ever found, all are in the centre. Hands are filled in relative to their
    wrist, so that a missed hand stays at its arm; one that is never found is where the wrist is.

    Args:
        keypoints: (n, 60, 2) in [0, 1], NaN where missed.
        fps: Frames a second.

    Returns:
        Keypoints [shape=(n, 60, 2)] in [0, 1], and True where they were filled in [shape=(n, 60)].
    """
    missed = np.isnan(keypoints).any(axis=2)
    filled = keypoints.copy()
    filled[:, BODY] = _fill_gaps(keypoints[:, BODY], fps)
    _follow_neighbours(filled[:, BODY], never_found=missed[:, BODY].all(axis=0))
    for hand, wrist in _HANDS:
        at = filled[:, wrist, None]
        filled[:, hand] = at + np.nan_to_num(_fill_gaps(keypoints[:, hand] - at, fps))
    filled = np.where(missed[..., None], np.clip(filled, 0, 1), keypoints)
    return filled, missed


def long_gaps(missed: npt.NDArray[np.bool_], *, fps: float) -> npt.NDArray[np.bool_]:
    """Find the missed joints in gaps too long to be interpolated.

    Args:
        missed: True where a joint was missed [shape=(n, joints)].
        fps: Frames a second.

    Returns:
        True in long gaps [shape=(n, joints)].
    """
    long = np.zeros_like(missed)
    for joint in range(missed.shape[1]):
        edges = np.flatnonzero(np.diff(missed[:, joint], prepend=False, append=False))
        for start, stop in edges.reshape(-1, 2):
            long[start:stop, joint] = stop - start > MAX_GAP_SECONDS * fps
    return long


def _fill_gaps(positions: Floats, fps: float) -> Floats:
    """Fill the gaps of each joint [shape=(n, joints, 2)] by itself; what is never found stays NaN."""
    filled = positions.copy()
    frames = np.arange(len(positions))
    missed = np.isnan(positions).any(axis=2)
    long = long_gaps(missed, fps=fps)
    for joint in np.flatnonzero(~missed.all(axis=0)):
        at = ~missed[:, joint]
        found = positions[at, joint]
        for axis in range(2):
            filled[:, joint, axis] = np.interp(frames, frames[at], found[:, axis])
        filled[long[:, joint], joint] = found.mean(axis=0)
    return filled


def _follow_neighbours(body: Floats, *, never_found: npt.NDArray[np.bool_]) -> None:
    """Put each body joint that is never found at the mean of its neighbours with a position (in place).

    Args:
        body: (n, 18, 2).
        never_found: (18,).
    """
    if never_found.all():
        body[:] = 0.5
        return
    unknown = never_found.copy()
    while unknown.any():
        neighbours: dict[int, list[int]] = {}
        for a, b in BODY_EDGES:
            if unknown[a] != unknown[b]:
                joint, neighbour = (a, b) if unknown[a] else (b, a)
                neighbours.setdefault(joint, []).append(neighbour)
        for joint, known in neighbours.items():
            body[:, joint] = body[:, known].mean(axis=1)
            unknown[joint] = False
