"""Zero-lag smoothing of the joints' tracks, which leaves fast playing as it is.

A bow or a slide goes to and fro up to six times a second, and what trembles faster is the estimator's
error. What is slower is either, and what trembles faster tells how much of it is error. So a track is split
into bands by symmetric kernels, the fast one is left out, and the middle one is kept where it is stronger
than an error would be.
"""

from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter1d

from apvg_core.features.arms import Array, Bools

QUICK_HERTZ: Final = 9.0
"""Frequency above which nothing is played."""

SLOW_HERTZ: Final = 2.5
"""Frequency below which everything is kept."""

CYCLES: Final = 2.0
"""Half the length of a kernel, in periods of its frequency."""

STRENGTH_SECONDS: Final = 0.4
"""Length of the window in which the power of a movement is measured."""

MOST_TREMBLING: Final = 0.012
"""Movement larger than this (root mean square, in forearms; 3 mm) is no error, however much trembles."""

DOUBT: Final = 4.0
"""The middle band is left out below this many times its error's power, and kept from four times that on."""


def smooth(positions: Array, apart: Bools, *, unit: float, fps: float) -> Array:
    """Smooth the track of each joint.

    Args:
        positions: (n, joints, 2), nothing missing.
        apart: (n, joints) bool, True where a joint rests at its average: nothing is mixed across the borders
            of such a stretch.
        unit: A forearm's length, in the unit of the positions.
        fps: Frames a second. At so few that nothing trembles faster than it plays, less is smoothed.

    Returns:
        [shape=(n, joints, 2)]
    """
    smoothed = positions.copy()
    for joint in range(positions.shape[1]):
        borders = np.flatnonzero(np.diff(apart[:, joint])) + 1
        for start, stop in pairwise([0, *borders, len(positions)]):
            smoothed[start:stop, joint] = _smooth_run(positions[start:stop, joint], unit, fps)
    return smoothed


def _smooth_run(track: Array, unit: float, fps: float) -> Array:
    """Smooth a track [shape=(n, 2)] without breaks."""
    slow = _low_pass(track, _kernel(SLOW_HERTZ, fps))
    quick = _low_pass(track, _kernel(QUICK_HERTZ, fps))
    middle = quick - slow
    span = 2 * round(STRENGTH_SECONDS * fps / 2) + 1
    power = uniform_filter1d((middle**2).sum(axis=1), span, mode="nearest")
    # White noise has power in proportion to a band's width; its median is less moved by leaps than its mean.
    widths = (QUICK_HERTZ - SLOW_HERTZ) / max(fps / 2 - QUICK_HERTZ, 1.0)
    noise = widths * float(np.median(((track - quick) ** 2).sum(axis=1))) / np.log(2)
    doubtful = min(DOUBT * noise, (MOST_TREMBLING * unit) ** 2)
    keep = np.clip((power - doubtful) / (3 * doubtful + np.finfo(float).tiny), 0, 1)
    return np.asarray(slow + keep[:, None] * middle)


def _low_pass(track: Array, kernel: Array) -> Array:
    # Mirrored through its end points, a track goes on as it went, so that no end is bent.
    reach = len(kernel) // 2
    padded = np.pad(track, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0) @ kernel)


@cache
def _kernel(hertz: float, fps: float) -> Array:
    """A symmetric low-pass kernel of odd length and sum 1: a sinc under a Hann window."""
    reach = int(CYCLES / hertz * fps)
    if hertz >= fps / 2 or reach == 0:
        return np.ones(1)
    k = np.arange(-reach, reach + 1)
    kernel = np.sinc(2 * hertz / fps * k) * np.cos(np.pi / 2 * k / (reach + 1)) ** 2
    return np.asarray(kernel / kernel.sum())
