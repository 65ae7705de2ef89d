"""Timing of motion and music: beats, onsets and turns that meet, and the lag between both.

Where events are dense many meet by chance, so the scores of events say little alone: put beside them what
`by_chance` gives, and the true motion's scores.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.agreement import correlation

Values = npt.NDArray[np.float64]

BEAT_SIGMA_S: Final = 0.05
"""σ of the beat alignment (s): AIST++'s 3 frames at 60 fps."""

TOLERANCE_S: Final = 0.08
"""Two events this near count as one (s): two frames at 25 fps."""

SHIFTS: Final = 16
"""Shifts of events that stand for chance."""

LARGEST_LAG_S: Final = 1.0
"""Motion and sound are compared up to this shift (s)."""


def beat_alignment(beats: Values, onsets: Values) -> Values:
    """Return how near each beat of the motion is to the music: exp(-d² / 2σ²), d to the nearest onset.

    In [0, 1]. BeatAlign of Li et al. 2021 (AIST++), averaged over the motion's beats, with onsets for the
    music's beats.
    Motion without beats has no value; without onsets all values are 0. Serves any events of motion.

    Args:
        beats: Of the motion, in seconds [shape=(n,)].
        onsets: Of the music, in seconds, rising [shape=(m,)].

    Returns:
        One value for each beat [shape=(n,)].
    """
    padded = np.concatenate([[-np.inf], onsets, [np.inf]])
    after = np.searchsorted(padded, beats)
    nearest = np.minimum(beats - padded[after - 1], padded[after] - beats)
    return np.asarray(np.exp(-(nearest**2) / (2 * BEAT_SIGMA_S**2)))


def event_hits(reference: Values, estimated: Values) -> npt.NDArray[np.bool_]:
    """Return which events have a partner on the other side; the mean over all events of both sides is F1.

    Each event has one partner at most, and as many as possible have one (mir_eval's matching). With h pairs
    of n and m events the mean is 2h / (n + m), which pools over recordings and blocks of time.

    Args:
        reference: Times that are right, such as onsets of the music or true changes of the bow, in seconds
            [shape=(n,)].
        estimated: Times in the generated motion, in seconds [shape=(m,)].

    Returns:
        First of the reference, then of the estimated [shape=(n+m,)]; `concatenate` their times likewise to
        lay them into `uncertainty.blocks`.
    """
    from mir_eval.util import match_events

    pairs = np.array(match_events(reference, estimated, TOLERANCE_S), np.int64).reshape(-1, 2)
    hits = np.zeros(len(reference) + len(estimated), np.bool_)
    hits[pairs[:, 0]] = True
    hits[len(reference) + pairs[:, 1]] = True
    return hits


def by_chance(
    score: Callable[[Values], npt.NDArray[Any]], events: Values, duration: float
) -> npt.NDArray[Any]:
    """Return the score of events that are as many and as dense but have nothing to do with the music.

    The same events are scored at `SHIFTS` shifts spread over the recording, wrapped at its end.

    Args:
        score: Such as `functools.partial(event_hits, onsets)`.
        events: In seconds [shape=(n,)].
        duration: Of the recording, in seconds.

    Returns:
        The values of all shifts, joined, to be averaged [shape=(values,)].
    """
    shifts = np.arange(1, SHIFTS + 1) * duration / (SHIFTS + 1)
    return np.concatenate([score(np.sort((events + shift) % duration)) for shift in shifts])


class Lag(NamedTuple):
    """The shift at which motion and sound correlate best.

    Attributes:
        seconds: By which motion is late (early if negative).
        correlation: In [-1, 1].
    """

    seconds: float
    correlation: float


def lag(energy: Values, strength: Values, fps: float) -> Lag | None:
    """Return the shift at which a motion's energy and the onset strength of the sound correlate best.

    Pearson's correlation where both overlap, at every shift of whole frames up to `LARGEST_LAG_S`; between
    frames by a parabola through the best and its neighbours. A slide moves before its note, so compare with
    the true motion's lag; where the correlation is low (a bow's is, for it slows at onsets) the lag means
    nothing.

    Args:
        energy: Of the steps between frames, from `motion_energy` or `image_motion` [shape=(n,)].
        strength: Of the same steps, from `onsets.strength_of_steps`, or the energy of the true motion
            [shape=(n,)].
        fps: Frames a second.

    Returns:
        None where the recording is shorter than four times `LARGEST_LAG_S`, or nothing moves or sounds.
    """
    reach = round(LARGEST_LAG_S * fps)
    if len(energy) < 4 * reach:
        return None
    shifts = np.arange(-reach, reach + 1)
    found = [correlation(*_overlap(strength, energy, shift)) for shift in shifts]
    values = np.array([-np.inf if value is None else value for value in found])
    best = int(values.argmax())
    if not np.isfinite(values[best]):
        return None
    return Lag(float(shifts[best] + _vertex(values[best - 1 : best + 2])) / fps, float(values[best]))


def _overlap(early: Values, late: Values, shift: int) -> tuple[Values, Values]:
    """Return the parts of two series [shape=(n,)] that meet when the second is shifted [shape=(m,)]."""
    stop = len(early) - abs(shift)
    return early[max(-shift, 0) :][:stop], late[max(shift, 0) :][:stop]


def _vertex(values: Values) -> float:
    """Return where, within 0.5 of the middle, a parabola through three values peaks; 0 at an edge."""
    if len(values) < 3 or not np.isfinite(values).all():
        return 0.0
    left, middle, right = values
    bend = left - 2 * middle + right
    return float((left - right) / (2 * bend)) if bend < 0 else 0.0
