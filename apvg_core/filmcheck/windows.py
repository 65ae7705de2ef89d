"""Which parts of a film are looked at: a bounded number of short windows, spread over any length.

So the time that a check takes does not grow with the film.
"""

from typing import Final

import numpy as np

WINDOWS: Final = 10
"""Windows of one film; of several films they are shared out."""

LEAST_WINDOWS: Final = 3
"""Windows of each of many films."""

WINDOW_S: Final = 2.0
"""Length of a window in seconds; a film that is shorter is one."""

EXCERPT_S: Final = 30.0
"""Length of the sound about a window that is listened to, in seconds; a film shorter than all of them
together is heard whole."""

MOST_FPS: Final = 30.0
"""Frames a second that are read, at most: faster films are thinned out by a whole number."""


def windows_each(films: int) -> int:
    """Return the number of windows of each of some films: two films' worth for all, but not too few."""
    return int(np.clip(2 * WINDOWS // films, LEAST_WINDOWS, WINDOWS))


def reading_rate(fps: float) -> float:
    """Return the frames a second at which a film of `fps` is read."""
    return fps / np.ceil(fps / MOST_FPS - 1e-3)


def plan_windows(duration: float, rate: float, count: int) -> list[range]:
    """Spread windows over a film, each in the middle of its part of it.

    Args:
        duration: Of the film, in seconds.
        rate: Frames a second.
        count: Number of windows, at most: short films have as many as fit.

    Returns:
        The frames of each.
    """
    frames = max(1, round(duration * rate))
    length = min(frames, round(WINDOW_S * rate))
    count = min(count, frames // length)
    starts = ((np.arange(count) + 0.5) * frames / count - length / 2).round().astype(int)
    return [range(start, start + length) for start in starts.clip(0, frames - length).tolist()]


def spread_order(count: int) -> list[int]:
    """Order `count` windows so that the first few are spread over the film, however few there is time for.

    Van der Corput's order: by their numbers' bits, read backwards.
    """
    bits = max(1, (count - 1).bit_length())
    return sorted(range(count), key=lambda index: int(f"{index:0{bits}b}"[::-1], 2))


def plan_excerpts(duration: float, count: int) -> list[tuple[float, float]]:
    """Return the beginnings and ends, in seconds, of what is listened to of a film's sound.

    Args:
        duration: Of the sound, in seconds.
        count: Number of excerpts of a long film.
    """
    if duration <= count * EXCERPT_S:
        return [(0.0, duration)]
    middles = (np.arange(count) + 0.5) * duration / count
    return [(float(middle - EXCERPT_S / 2), float(middle + EXCERPT_S / 2)) for middle in middles]
