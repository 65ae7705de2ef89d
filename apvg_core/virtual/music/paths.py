"""Curves over time: smooth moves between resting values, and smoothing. Times are in seconds throughout."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def eased(share: Array, ramp: Array | float = 0.5) -> Array:
    """Compute how far a move has come [shape=(n,), 0 to 1] when `share` of its time is over.

    The speed is a trapezoid: it rises over the first `ramp` of the time, holds, and falls over the last.

    Args:
        share: (n,) of the time; clipped to [0, 1].
        ramp: (n,) or one number in (0, 0.5]; 0.5 is all ramp, the gentlest.
    """
    share = np.clip(share, 0, 1)
    rise = share**2 / (2 * ramp * (1 - ramp))
    hold = (share - ramp / 2) / (1 - ramp)
    fall = 1 - (1 - share) ** 2 / (2 * ramp * (1 - ramp))
    return np.where(share < ramp, rise, np.where(share > 1 - ramp, fall, hold))


@dataclass(frozen=True)
class Move:
    """One move to `target`, from wherever the move before it ended.

    Attributes:
        start: Seconds.
        end: Seconds.
        target: The value it ends at.
        ramp: Share of the time to speed up in, and to slow down in; see `eased`.
    """

    start: float
    end: float
    target: float
    ramp: float = 0.5


@dataclass(frozen=True)
class Path:
    """A value that rests, moves, and rests again.

    Attributes:
        first: The value before the first move.
        starts: (m,) seconds, rising; a move ends before the next one starts.
        ends: (m,) seconds.
        targets: (m,) values.
        ramps: (m,) see `Move`.
    """

    first: float
    starts: Array
    ends: Array
    targets: Array
    ramps: Array

    @classmethod
    def of(cls, first: float, moves: Iterable[Move]) -> Self:
        """Chain moves in the order of time; one that starts before the last has ended waits for it."""
        free, rows = -np.inf, []
        for move in moves:
            start = max(move.start, free)
            free = max(move.end, start + 1e-3)
            rows.append((start, free, move.target, move.ramp))
        starts, ends, targets, ramps = np.array(rows, np.float64).reshape(-1, 4).T
        return cls(first, starts, ends, targets, ramps)

    def at(self, times: Array) -> Array:
        """The value at `times` [shape=(n,)]."""
        if not len(self.starts):
            return np.full(np.shape(times), self.first)
        last = np.searchsorted(self.starts, times, side="right") - 1
        k = np.maximum(last, 0)
        before = np.concatenate([[self.first], self.targets[:-1]])[k]
        share = (times - self.starts[k]) / (self.ends[k] - self.starts[k])
        return before + eased(share, self.ramps[k]) * (self.targets[k] - before)


def smoothed(values: Array, width: float, rate: float) -> Array:
    """`values` [shape=(n,)] at `rate` per second after a centred Hann window of `width` seconds.

    Beyond both ends the first and the last value go on.
    """
    half = max(1, round(width * rate / 2))
    window = np.hanning(2 * half + 1)
    return np.convolve(np.pad(values, half, mode="edge"), window / window.sum(), mode="valid")
