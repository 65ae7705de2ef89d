"""Uncertainty of a mean: bootstrap intervals over recordings or blocks of time.

Neighbouring frames are nearly the same image, so what is drawn are not frames but units that are nearly
independent: recordings or blocks of time, with all their frames. A unit is a row (sum, count), and every
mean here is the pooled one, sum of sums / sum of counts. Percentile bootstrap (Efron 1979); each call has a
seeded generator of its own, so the same numbers give the same interval. Of fewer than ten units intervals
come out too narrow.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Units = npt.NDArray[np.float64]
"""(sum, count) of each unit [shape=(units, 2)]."""

BLOCK_S: Final = 2.0
"""Seconds of a block: several notes, and longer than a movement lasts."""

ENOUGH_RECORDINGS: Final = 10
"""From here on whole recordings are the units."""

LEAST_UNITS: Final = 8
"""Of fewer units with values intervals come out far too narrow."""

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 2000


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval.

    Attributes:
        value: The mean.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference(Interval):
    """The difference of two means on the same units."""

    @property
    def significant(self) -> bool:
        """True if the interval leaves out 0."""
        return not self.low <= 0 <= self.high


def blocks(
    times: Values,
    sums: Values,
    counts: Values | None = None,
    *,
    duration: float,
    seconds: float = BLOCK_S,
) -> Units:
    """Cut one recording into blocks of time.

    Args:
        times: Of the frames or events, in seconds [shape=(n,)].
        sums: Their values, or sums of values, such as `Series.sums` [shape=(n,)].
        counts: How many values each sum has, such as `Series.counts`, or for a ratio what it is over; 1 if
            None [shape=(n,)].
        duration: Of the recording, in seconds.
        seconds: Length of a block; less than half a block at the end joins the block before.

    Returns:
        (sum, count) of each block, empty ones too, so that two methods' blocks are the same
        [shape=(blocks, 2)].
    """
    number = max(1, math.floor(duration / seconds + 0.5))
    index = np.minimum((times / seconds).astype(np.int64), number - 1)
    weights = np.ones(len(times)) if counts is None else counts
    columns = [np.bincount(index, values, minlength=number) for values in (sums, weights)]
    return np.stack(columns, axis=1)


def units(recordings: Sequence[Units], enough: int = ENOUGH_RECORDINGS) -> Units:
    """Return the units to draw from: each recording as a whole where there are enough, else all their blocks.

    Args:
        recordings: From `blocks`, one a recording [shape=(blocks, 2) each].
        enough: Number of recordings that are enough.

    Returns:
        (sum, count) of each unit [shape=(units, 2)].
    """
    if len(recordings) >= enough:
        return np.stack([recording.sum(axis=0) for recording in recordings])
    return np.concatenate(recordings)


def enough_units(rows: Units) -> bool:
    """Return True if each method has values in as many units [shape=(..., units, 2)] as an interval needs."""
    return bool(((rows[..., 1] > 0).sum(axis=-1) >= LEAST_UNITS).all())


def pooled(rows: Units) -> float | None:
    """Return the mean of all values of units [shape=(units, 2)]; None where there are none."""
    total, count = rows.sum(axis=0)
    return float(total / count) if count else None


def interval(rows: Units, *, seed: int = 0) -> Interval | None:
    """Return the pooled mean of units [shape=(units, 2)] with its 95 % interval.

    None for fewer than two units with values.
    """
    rows = rows[rows[:, 1] > 0]
    return interval_of(_means, rows, seed=seed) if len(rows) > 1 else None


def interval_of(statistic: Callable[[Values], Values], rows: Values, *, seed: int = 0) -> Interval | None:
    """Return a statistic of the sums over all units with its 95 % interval.

    Args:
        statistic: A function of the sums [shape=(columns, ...)], such as the ratio of two; it is NaN where
            it has no value [shape=(...)].
        rows: What is summed up, of each unit [shape=(units, columns)].
        seed: Of the draws.

    Returns:
        None where it has no value.
    """
    value = float(statistic(rows.sum(axis=0)))
    if not np.isfinite(value):
        return None
    return Interval(value, *_percentiles(statistic(_resampled(rows, seed))))


def difference(ours: Units, theirs: Units, *, seed: int = 0) -> Difference | None:
    """Return our pooled mean minus theirs with its 95 % interval, by a paired bootstrap.

    Each draw takes the same units of both, so that what is hard for both methods cancels.

    Args:
        ours: (sum, count) of each unit [shape=(units, 2)].
        theirs: Of the same units, in the same order [shape=(units, 2)].
        seed: Of the draws.

    Returns:
        None where either has values in fewer than two units.
    """
    assert ours.shape == theirs.shape, "a paired comparison needs the same units"
    pairs = np.hstack([ours, theirs])
    pairs = pairs[(pairs[:, 1] > 0) | (pairs[:, 3] > 0)]
    if (pairs[:, [1, 3]] > 0).sum(axis=0).min() < 2:
        return None
    means = [_means(row[:2]) - _means(row[2:]) for row in (pairs.sum(axis=0), _resampled(pairs, seed))]
    return Difference(float(means[0]), *_percentiles(means[1]))


def _resampled(rows: Values, seed: int) -> Values:
    """Return sums of as many rows, drawn with replacement: (rows, columns) to (columns, RESAMPLES)."""
    generator = np.random.default_rng(seed)
    size = len(rows)
    return np.stack([rows[generator.integers(0, size, size)].sum(axis=0) for _ in range(RESAMPLES)], axis=1)


def _means(totals: Values) -> Values:
    """Return means of (sum, count) [shape=(2, ...)]; NaN, which `_percentiles` passes over, of nothing."""
    return np.divide(totals[0], totals[1], out=np.full_like(totals[0], np.nan), where=totals[1] > 0)


def _percentiles(draws: Values) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return float(low), float(high)
