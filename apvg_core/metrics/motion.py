"""Events of motion: how much moves, and when it rests, sets out, arrives and turns.

Frame i is displayed at i / fps. Energy belongs to the steps between frames: value i to time (i + 0.5) / fps.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

BEAT_SMOOTHING_S: Final = 5 / 60
"""σ of the Gaussian over the energy whose minima are beats (s): 5 frames at 60 fps, as usual after AIST++."""

ONSET_SMOOTHING_S: Final = 0.04
"""The same before onsets and arrivals (s); shorter, for hands on an instrument are faster than a dancer."""

TURN_DEPTH: Final = 0.02
"""A turn counts where the track goes back by this much (widths of the crop, as keypoints are)."""


def motion_energy(keypoints: npt.NDArray[np.floating[Any]], fps: float) -> Values:
    """Return the mean speed of the joints, in widths of the crop a second: AIST++'s kinetic velocity.

    Of a fixed set of joints, for where joints come and go the mean would leap; the imputed positions of
    extracted keypoints serve. The energy of images is `images.image_motion`.

    Args:
        keypoints: Positions [shape=(n, joints, 2)].
        fps: Frames a second.

    Returns:
        One value a step [shape=(n-1,)].
    """
    steps = np.diff(keypoints.astype(np.float64), axis=0)
    return np.asarray(np.linalg.norm(steps, axis=-1).mean(axis=-1) * fps)


def motion_beats(energy: Values, fps: float) -> Values:
    """Return the times when motion rests for a moment (s): local minima of the smoothed energy.

    The kinematic beats of Li et al. 2021 (AIST++).

    Args:
        energy: From `motion_energy` [shape=(n-1,)].
        fps: Frames a second.

    Returns:
        Rising [shape=(beats,)].
    """
    from scipy.signal import find_peaks

    return np.asarray((find_peaks(-_smooth(energy, BEAT_SMOOTHING_S * fps))[0] + 0.5) / fps)


def motion_onsets(energy: Values, fps: float) -> Values:
    """Return the times when motion sets out (s): where the smoothed energy rises fastest.

    Local maxima of its positive differences that stand out (their prominence) by at least one standard
    deviation of all of them. A bow sets out with its note.

    Args:
        energy: From `motion_energy` [shape=(n-1,)].
        fps: Frames a second.

    Returns:
        Rising [shape=(onsets,)].
    """
    return _rises(_smooth(energy, ONSET_SMOOTHING_S * fps), fps)


def motion_arrivals(energy: Values, fps: float) -> Values:
    """Return the times when motion arrives (s): where the smoothed energy falls fastest.

    Otherwise as `motion_onsets`. A slide arrives with its note; it sets out before.

    Args:
        energy: From `motion_energy` [shape=(n-1,)].
        fps: Frames a second.

    Returns:
        Rising [shape=(arrivals,)].
    """
    return _rises(-_smooth(energy, ONSET_SMOOTHING_S * fps), fps)


def turns(track: Values, fps: float, depth: float = TURN_DEPTH) -> Values:
    """Return the times when a track changes its direction (s), such as a bow's changes.

    Local maxima and minima with a prominence of at least `depth`; less is trembling. One that lasts counts at
    its middle.

    Args:
        track: Positions of frames [shape=(n,)], say a hand's along `agreement.main_axis`.
        fps: Frames a second.
        depth: In the track's unit.

    Returns:
        Rising [shape=(turns,)].
    """
    from scipy.signal import find_peaks

    peaks = [find_peaks(sign * track, prominence=depth)[0] for sign in (1, -1)]
    return np.asarray(np.sort(np.concatenate(peaks)) / fps)


def _smooth(energy: Values, sigma: float) -> Values:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(energy, sigma))


def _rises(energy: Values, fps: float) -> Values:
    from scipy.signal import find_peaks

    rise = np.maximum(np.diff(energy), 0)  # value i belongs to frame i + 1, between two steps
    if not rise.any():
        return np.zeros(0)
    return np.asarray((find_peaks(rise, prominence=rise.std())[0] + 1) / fps)
