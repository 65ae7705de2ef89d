"""Arms, and which hands can be theirs: a hand is at the end of its own arm.

Lengths are in forearms, as images know no metres. Missed joints (NaN) rule out nothing: where the wrist was
missed, any hand fits.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import BODY_JOINTS, HAND_JOINTS, LEFT_HAND, RIGHT_HAND

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEAR: Final = 0.45
"""A hand's root may be this far from its wrist, in forearms: how well the body's wrist is found at worst."""

FAR: Final = 0.9
"""And this far where all else agrees: the body's wrist lags behind in fast strokes."""

BEYOND_DOUBT: Final = 2.5
"""Factor by which such a hand is nearer to its own wrist than to the other one."""

SIZE: Final = (0.2, 0.9)
"""Smallest and largest extent of a hand, in forearms: a fist end-on, a spread hand with room for error."""

SAME: Final = 0.15
"""Two hands whose joints are nearer to each other than this, in forearms, are one."""

_COS_BACKWARDS: Final = float(np.cos(np.deg2rad(140)))  # a bent wrist, seen along the forearm, at most
_COS_ONWARDS: Final = float(np.cos(np.deg2rad(60)))

_KNUCKLES: Final = [HAND_JOINTS.index(f"{finger}_1") for finger in ("index", "middle", "ring", "pinky")]
_SHOULDERS_IN_FOREARMS: Final = 1.25


@dataclass(frozen=True)
class Arm:
    """The joints of one arm, as indices into `skeleton.JOINTS`."""

    shoulder: int
    elbow: int
    wrist: int
    hand: slice


def _arm(side: str, hand: slice) -> Arm:
    shoulder, elbow, wrist = (BODY_JOINTS.index(f"{side}_{j}") for j in ("shoulder", "elbow", "wrist"))
    return Arm(shoulder, elbow, wrist, hand)


LEFT: Final = _arm("left", LEFT_HAND)
RIGHT: Final = _arm("right", RIGHT_HAND)
ARMS: Final = (LEFT, RIGHT)


def forearm_length(joints: Array) -> Array:
    """Measure a forearm turned to the camera: the longest visible part that is about as long as a forearm.

    Args:
        joints: (..., 60, 2) in pixels, or in any unit that is as long in x as in y.

    Returns:
        [shape=(...)] in that unit; NaN where nothing is visible to measure.
    """
    spans = [(a, b) for arm in ARMS for a, b in ((arm.shoulder, arm.elbow), (arm.elbow, arm.wrist))]
    lengths = [_length(joints[..., a, :] - joints[..., b, :]) for a, b in spans]
    shoulders = _length(joints[..., LEFT.shoulder, :] - joints[..., RIGHT.shoulder, :])
    return np.asarray(np.fmax.reduce([*lengths, shoulders / _SHOULDERS_IN_FOREARMS]))


def fits_arm(hand: Array, joints: Array, arm: Arm) -> Bools:
    """Test if a hand can belong to an arm: near its wrist, beyond its forearm, of a hand's size.

    Args:
        hand: (..., 21, 2).
        joints: (..., 60, 2) in the same unit, of which the body counts.
        arm: The arm.

    Returns:
        True where it can [shape=(...)].
    """
    other = RIGHT if arm is LEFT else LEFT
    unit = forearm_length(joints)
    root = hand[..., 0, :]
    own_distance = _length(root - joints[..., arm.wrist, :])
    other_distance = _length(root - joints[..., other.wrist, :])
    # A missed forearm or palm has no direction: its dot product is 0, which rules out nothing.
    forearm = joints[..., arm.wrist, :] - joints[..., arm.elbow, :]
    palm = mean_position(hand[..., _KNUCKLES, :]) - root
    along = np.nan_to_num((forearm * palm).sum(axis=-1))
    lengths = np.nan_to_num(_length(forearm) * _length(palm))

    near = ~(
        (own_distance > NEAR * unit) | (along < _COS_BACKWARDS * lengths) | (own_distance > other_distance)
    )
    far = ~(
        (own_distance > FAR * unit)
        | (along < _COS_ONWARDS * lengths)
        | (BEYOND_DOUBT * own_distance > other_distance)
    )
    size = _extent(hand)
    return np.asarray((near | far) & ~((size < SIZE[0] * unit) | (size > SIZE[1] * unit)))


def hands_coincide(a: Array, b: Array, joints: Array) -> Bools:
    """Test if two hands lie on one another, so that both are one.

    Args:
        a: (..., 21, 2).
        b: (..., 21, 2) in the same unit.
        joints: (..., 60, 2) of the same player.

    Returns:
        True where they do [shape=(...)].
    """
    return np.asarray(mean_position(_length(a - b)[..., None])[..., 0] < SAME * forearm_length(joints))


def wrist_distance(hand: Array, joints: Array, arm: Arm) -> Array:
    """Measure how far a hand's root is from an arm's wrist.

    Args:
        hand: (..., 21, 2).
        joints: (..., 60, 2) in the same unit.
        arm: The arm.

    Returns:
        [shape=(...)] in that unit.
    """
    return _length(hand[..., 0, :] - joints[..., arm.wrist, :])


def _length(vectors: Array) -> Array:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def mean_position(points: Array) -> Array:
    """Compute the mean [shape=(..., k)] of the found points [shape=(..., n, k)]; NaN where none was found."""
    found = ~np.isnan(points).any(axis=-1, keepdims=True)
    count = found.sum(axis=-2)
    return np.where(count > 0, np.where(found, points, 0).sum(axis=-2) / np.maximum(count, 1), np.nan)


def _extent(points: Array) -> Array:
    """The diagonal of the box around points [shape=(..., n, 2)]."""
    return _length(np.fmax.reduce(points, axis=-2) - np.fmin.reduce(points, axis=-2))
