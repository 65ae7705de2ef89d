"""Uncertainty of means over several trainings of one method, which differ in their seed.

A score varies with the seed and with the footage. With so few seeds as anybody trains, a bootstrap that draws
seeds as well gives far too narrow intervals (of three seeds it draws the same one thrice in one of nine). So
two variances are added, with m_s the pooled mean of seed s, n_s seeds and n_u units:

    Var = var(m_s) / n_s + n_u / (n_u - 1) · Σ_u e_u²
    e_u = mean over s of (sum_su - m_s · count_su) / Σ_u count_su

the variance between trainings, and that of a ratio of sums between units, linearised (Cochran 1977,
Sampling Techniques, on ratio estimators). The interval is m ± t · √Var with Student's t at the degrees of
freedom of Satterthwaite (1946, An approximate distribution of estimates of variance components):
(Σ parts)² / Σ (part² / its own).
What varies with seed and unit together is in both parts, so intervals are rather too wide than too narrow.

Axes: s seeds, u units (blocks or recordings), which are the same for all seeds.
"""

import math
from typing import NamedTuple

import numpy as np

from apvg_core.metrics.uncertainty import CONFIDENCE, Difference, Interval, Units, Values


class _Part(NamedTuple):
    """A share of the variance of a mean, and its degrees of freedom."""

    variance: float
    freedom: float


def interval_of_seeds(seeds_su2: Units) -> Interval:
    """Return the mean over two or more seeds of their pooled means, with its 95 % interval.

    Args:
        seeds_su2: (sum, count) of each unit of each seed [shape=(s, u, 2)].
    """
    means, influence = _linearised(seeds_su2)
    return Interval(*_around(float(means.mean()), [_seeds(means), _units(influence)]))


def difference_of_seeds(
    ours_su2: Units, theirs_su2: Units, *, same_trainings: bool = False, ours_trained: bool = True,
    theirs_trained: bool = True,
) -> Difference:  # fmt: skip
    """Return our mean over seeds minus theirs, with its 95 % interval.

    The units are paired. So are the seeds where both rows come of the same trainings. A row of a single
    training is taken to vary as the other row's do.

    Args:
        ours_su2: (sum, count) of each unit of each seed [shape=(s, u, 2)].
        theirs_su2: Of the same units, perhaps of another number of seeds; one row has several.
        same_trainings: The seeds of both are the same trainings.
        ours_trained: False for what learns nothing, and so does not vary.
        theirs_trained: Likewise.
    """
    (ours, our_influence), (theirs, their_influence) = _linearised(ours_su2), _linearised(theirs_su2)
    parts = [_units(our_influence - their_influence)]
    if same_trainings and len(ours) == len(theirs):
        parts.append(_seeds(ours - theirs))
    else:
        trained = [means for means, is_so in ((ours, ours_trained), (theirs, theirs_trained)) if is_so]
        known = [_seeds(means) for means in trained if len(means) > 1]
        if len(known) == 1 and len(trained) == 2:  # the other has a single seed, which varies as these do
            (seeds,) = known
            # s² / n and s², which are of one estimate
            known = [_Part(seeds.variance * (2 + seeds.freedom), seeds.freedom)]
        parts += known
    return Difference(*_around(float(ours.mean() - theirs.mean()), parts))


def pooled_means(seeds_su2: Units) -> Values:
    """Return the pooled mean of each seed (s,) of (sum, count) of each unit (s, u, 2)."""
    means: Values = seeds_su2[..., 0].sum(axis=1) / seeds_su2[..., 1].sum(axis=1)
    return means


def _linearised(seeds_su2: Units) -> tuple[Values, Values]:
    """Return the seeds' pooled means (s,), and what each unit does to the mean of them (u,)."""
    sums, counts = seeds_su2[..., 0], seeds_su2[..., 1]
    means = pooled_means(seeds_su2)
    return means, ((sums - means[:, None] * counts) / counts.sum(axis=1)[:, None]).mean(axis=0)


def _seeds(means: Values) -> _Part:
    return _Part(float(means.var(ddof=1)) / len(means), len(means) - 1)


def _units(influence: Values) -> _Part:
    count = len(influence)
    return _Part(float(np.square(influence).sum()) * count / (count - 1), count - 1)


def _around(value: float, parts: list[_Part]) -> tuple[float, float, float]:
    """Return a value and the ends of its interval."""
    from scipy.stats import t

    variance = sum(part.variance for part in parts)
    if variance == 0:
        return value, value, value
    freedom = variance**2 / sum(part.variance**2 / part.freedom for part in parts)
    half = float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * math.sqrt(variance)
    return value, value - half, value + half
