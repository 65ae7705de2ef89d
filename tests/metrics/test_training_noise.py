"""Uncertainty over seeds: by hand, and by simulation of rows that differ in nothing but their seeds."""

import numpy as np
import pytest

from apvg_core.metrics.training_noise import difference_of_seeds, interval_of_seeds

UNITS = 24


def simulated(generator: np.random.Generator, seeds: int, footage: np.ndarray, noise: float) -> np.ndarray:
    """Units (seeds, 24, 2) of a row: the footage's difficulty, a seed's offset, and some of both."""
    offsets = generator.normal(0, noise, (seeds, 1))
    values = footage + offsets + generator.normal(0, 0.3, (seeds, UNITS))
    counts = generator.integers(40, 60, UNITS) * np.ones((seeds, 1))
    return np.stack([values * counts, counts], 2)


@pytest.mark.parametrize(
    ("ours", "theirs", "noise"),
    [(3, 3, 0.5), (3, 3, 0.05), (4, 1, 0.5), (2, 4, 0.2), (3, 1, 5.0), (1, 2, 5.0)],
)
def test_rows_that_differ_by_their_seeds_alone_get_a_star_in_one_of_twenty(
    ours: int, theirs: int, noise: float
) -> None:
    generator = np.random.default_rng(0)
    stars, draws = 0, 1000
    for _ in range(draws):
        footage = generator.normal(0, 1, UNITS)
        rows = (simulated(generator, seeds, footage, noise) for seeds in (ours, theirs))
        stars += difference_of_seeds(*rows).significant
    assert 0.01 < stars / draws < 0.07


def test_a_mean_over_seeds_by_hand() -> None:
    seeds = np.array([[[1.0, 1], [3, 1]], [[3, 1], [5, 1]]])  # means 2 and 4; units 1 below and 1 above
    interval = interval_of_seeds(seeds)
    assert interval.value == 3
    # variances 2 / 2 of the seeds and 2 · (½² + ½²) of the units, one degree of freedom each: t of 2
    assert interval.high - interval.value == pytest.approx(4.303 * np.sqrt(2), rel=1e-3)


def test_what_is_of_the_same_trainings_is_compared_seed_by_seed() -> None:
    generator = np.random.default_rng(0)
    row = simulated(generator, 3, generator.normal(0, 1, UNITS), 5.0)
    better = row + np.array([0.1, 0]) * row[..., 1:]
    assert difference_of_seeds(better, row, same_trainings=True).significant
    assert not difference_of_seeds(better, row).significant


def test_what_learns_nothing_does_not_vary() -> None:
    generator = np.random.default_rng(0)
    row = simulated(generator, 3, np.zeros(UNITS), 0.5)
    still = np.stack([np.zeros((1, UNITS)), np.ones((1, UNITS))], 2)
    sure, unsure = (difference_of_seeds(row, still, theirs_trained=trained) for trained in (False, True))
    assert sure.high - sure.low < unsure.high - unsure.low
