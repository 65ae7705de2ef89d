"""Cleans the tracks of the joints of a whole recording, so that networks can be trained on them.

Neighbouring frames reveal errors that one frame cannot: a hand that leaps away and comes back was an error.
In order: body joints that leap are dropped; hands are put on their own arm, or dropped; hands that were found
in the other one's place are dropped, and those that leap, flip or change their size at once; what is missed
is filled in; the estimator's trembling is smoothed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

from apvg_core.features.arms import (
    ARMS,
    LEFT,
    RIGHT,
    Array,
    Bools,
    fits_arm,
    forearm_length,
    hands_coincide,
    mean_position,
    wrist_distance,
)
from apvg_core.features.impute import impute, long_gaps
from apvg_core.features.smooth import smooth
from apvg_core.skeleton import BODY, HAND_EDGES

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

LEAP_SECONDS: Final = 0.2
"""Longest excursion, there and back, that counts as an error."""

SLACK: Final = 0.2
"""Distance of two detections of a thing that rests, at most, in forearms."""

JOINT_SPEED: Final = 14.0
"""The fastest a joint moves, in forearms a second: 3.5 m/s, which no bow or slide asks for."""

TURN_SPEED: Final = 5.0
"""The fastest the joints of a hand move against its root, in forearms a second: half a turn in 0.3 s."""

SIZE_SECONDS: Final = 1.0
"""A hand's size is compared with the median over this long."""

SIZE_RATIO: Final = 1.8
"""Factor by which a hand may be larger or smaller than that: fingers curl and spread, palms turn."""

UNKNOWN_FOREARM: Final = 0.15
"""Length of a forearm, as a share of the image, where no arm was ever found."""

THERE: Final = 0.3
"""A hand is in a place if its centre is nearer to it than this, in forearms."""

ASTRAY: Final = 0.35
"""And away from it where it is further than this."""

_BONES: Final = np.array(HAND_EDGES)


@dataclass(frozen=True)
class Tracks:
    """The joints of a recording of n frames.

    Attributes:
        keypoints: (n, 60, 2) float32 in [0, 1] of the image; nothing is missing.
        confidence: (n, 60) float32 in [0, 1]; 0 where filled in.
        imputed: (n, 60) bool, True where the position was filled in, not found.
    """

    keypoints: Floats
    confidence: Floats
    imputed: Bools


def clean_tracks(keypoints: Floats, confidence: Floats, *, fps: float) -> Tracks:
    """Clean the tracks of one recording.

    Args:
        keypoints: (n, 60, 2) in [0, 1] of a square image, NaN where missed.
        confidence: (n, 60) in [0, 1].
        fps: Frames a second.
    """
    joints = keypoints.astype(np.float64)
    sure = confidence.copy()
    joints[np.isnan(joints).any(axis=2)] = np.nan
    unit = _typical(forearm_length(joints))

    for joint in range(BODY.stop):
        _drop(joints[:, joint : joint + 1], _leaps(joints[:, joint : joint + 1], unit, JOINT_SPEED, fps))
    _sort_hands(joints, sure)
    _drop_strays(joints, unit)
    for arm in ARMS:
        hand = joints[:, arm.hand]
        _drop(hand, _wrong_size(hand, fps))
        _drop(hand, _leaps(hand, unit, JOINT_SPEED, fps))
        _drop(hand, _leaps(hand - hand[:, :1], unit, TURN_SPEED, fps))

    missed = np.isnan(joints).any(axis=2)
    filled, imputed = impute(joints.astype(np.float32), fps=fps)
    smoothed = smooth(filled.astype(np.float64), long_gaps(missed, fps=fps), unit=unit, fps=fps)
    return Tracks(
        keypoints=np.clip(smoothed, 0, 1).astype(np.float32),
        confidence=np.where(imputed, 0, sure).astype(np.float32),
        imputed=imputed,
    )


def _sort_hands(joints: Array, sure: Floats) -> None:
    """Put hands on the arm they belong to, and drop those of neither (in place).

    Args:
        joints: (n, 60, 2).
        sure: (n, 60), the confidences.
    """
    left, right = joints[:, LEFT.hand], joints[:, RIGHT.hand]
    good = fits_arm(left, joints, LEFT) & fits_arm(right, joints, RIGHT)
    swapped = ~good & fits_arm(right, joints, LEFT) & fits_arm(left, joints, RIGHT)
    for values in (joints, sure):
        values[swapped, LEFT.hand], values[swapped, RIGHT.hand] = (
            values[swapped, RIGHT.hand],
            values[swapped, LEFT.hand],
        )
    for arm in ARMS:
        _drop(joints[:, arm.hand], ~fits_arm(joints[:, arm.hand], joints, arm))
    twice = hands_coincide(left, right, joints)
    further = wrist_distance(left, joints, LEFT) > wrist_distance(right, joints, RIGHT)
    _drop(left, twice & further)
    _drop(right, twice & ~further)


def _drop_strays(joints: Array, unit: float) -> None:
    """Drop hands that were found where the other one is, away from their own place (in place).

    Where hands come near each other, a detector may take one for the other for a while. Their places are
    known from the frames in which both were found apart. A wrist goes astray with its hand.

    Args:
        joints: (n, 60, 2).
        unit: A forearm's length.
    """
    centres = [mean_position(joints[:, arm.hand]) for arm in ARMS]
    apart = np.linalg.norm(centres[0] - centres[1], axis=1) > THERE * unit  # NaN is not
    if not apart.any():
        return
    frames, known = np.arange(len(joints)), np.flatnonzero(apart)
    places = [
        np.stack([np.interp(frames, known, centre[known, axis]) for axis in range(2)], axis=1)
        for centre in centres
    ]
    for arm, centre, own, others in zip(ARMS, centres, places, reversed(places), strict=True):
        there = np.linalg.norm(centre - others, axis=1) < THERE * unit
        stray = ~apart & there & (np.linalg.norm(centre - own, axis=1) > ASTRAY * unit)
        _drop(joints[:, arm.hand], stray)
        _drop(joints[:, arm.wrist], stray)


def _drop(positions: Array, which: Bools) -> None:
    positions[which] = np.nan


def _leaps(positions: Array, unit: float, speed: float, fps: float) -> Bools:
    """The frames in which positions [shape=(n, joints, 2)] are away for a moment, further than they can move.

    Between two leaps lies an excursion. Short ones are left out, the shortest first, so that what comes
    before and after them can meet. At either end of the recording one leap is enough.
    """
    dropped = np.zeros(len(positions), bool)
    found = np.flatnonzero(~np.isnan(positions).all(axis=(1, 2)))
    leaps = np.flatnonzero(_too_far(positions, found[:-1], found[1:], unit, speed, fps)) + 1
    stretches = [(run[0], run[-1]) for run in np.split(found, leaps)] if len(leaps) else []
    for longest in range(1, round(LEAP_SECONDS * fps) + 1):
        remaining: list[tuple[int, int]] = []
        for first, last in stretches:
            if last - first < longest and len(stretches) > 1:
                dropped[first : last + 1] = True
            elif (
                remaining
                and not _too_far(positions, remaining[-1][1:], np.array([first]), unit, speed, fps)[0]
            ):
                remaining[-1] = remaining[-1][0], last
            else:
                remaining.append((first, last))
        stretches = remaining
    return dropped


def _too_far(
    positions: Array, before: Sequence[int] | Indices, after: Indices, unit: float, speed: float, fps: float
) -> Bools:
    """Test if positions move too far for the time between two frames, in the mean of the joints in both.

    Args:
        positions: (n, joints, 2), NaN where missed.
        before: The earlier frames [shape=(k,)].
        after: The later ones [shape=(k,)].
        unit: A forearm's length.
        speed: The fastest movement, in forearms a second.
        fps: Frames a second.

    Returns:
        True where they do [shape=(k,)].
    """
    ways = np.linalg.norm(positions[np.asarray(after)] - positions[np.asarray(before)], axis=2)
    both = ~np.isnan(ways)
    way = np.where(both, ways, 0).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    return np.asarray(way > unit * (SLACK + speed * (np.asarray(after) - np.asarray(before)) / fps))


def _wrong_size(hand: Array, fps: float) -> Bools:
    """The frames in which a hand [shape=(n, 21, 2)] is much larger or smaller than around them."""
    bones = np.linalg.norm(hand[:, _BONES[:, 0]] - hand[:, _BONES[:, 1]], axis=2)
    wrong = np.zeros(len(hand), bool)
    whole = ~np.isnan(bones).any(axis=1)
    if whole.any():
        size = bones[whole].sum(axis=1)
        usual = median_filter(size, 2 * round(SIZE_SECONDS * fps / 2) + 1, mode="nearest")
        wrong[whole] = (size > SIZE_RATIO * usual) | (size * SIZE_RATIO < usual)
    return wrong


def _typical(lengths: Array) -> float:
    known = lengths[~np.isnan(lengths)]
    return float(np.median(known)) if len(known) else UNKNOWN_FOREARM
