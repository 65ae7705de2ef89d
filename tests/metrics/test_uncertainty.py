import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from apvg_core.metrics.accumulate import Series
from apvg_core.metrics.uncertainty import blocks, difference, interval, pooled, units

rng = np.random.default_rng(0)


def some(count: int, mean: float, spread: float, seed: int = 0) -> np.ndarray:
    """Units of unequal weight."""
    random = np.random.default_rng(seed)
    weights = random.integers(1, 50, count)
    return np.stack([weights * random.normal(mean, spread, count), weights], 1)


def test_blocks_by_hand() -> None:
    times = np.arange(11) / 2  # 0 to 5 s
    found = blocks(times, np.arange(11.0), duration=5.5)
    np.testing.assert_array_equal(found, [[6, 4], [22, 4], [27, 3]])
    found = blocks(times, np.arange(11.0), duration=4.9)  # 0.9 s are no block
    np.testing.assert_array_equal(found, [[6, 4], [49, 7]])


def test_blocks_of_a_series() -> None:
    series = Series()
    for values in ([1.0, 2.0], [], [3.0]):
        series.add(values)
    found = blocks(np.arange(3) / 1.0, series.sums, series.counts, duration=3, seconds=1)
    np.testing.assert_array_equal(found, [[3, 2], [0, 0], [3, 1]])
    assert pooled(found) == series.value == 2


def test_blocks_without_events() -> None:
    np.testing.assert_array_equal(blocks(np.zeros(0), np.zeros(0), duration=5), np.zeros((3, 2)))
    assert pooled(np.zeros((3, 2))) is None


@given(st.lists(st.floats(0, 9.99), max_size=40), st.floats(0.3, 20))
def test_blocks_lose_nothing(times: list[float], seconds: float) -> None:
    values = np.arange(len(times), dtype=float)
    found = blocks(np.array(times), values, duration=10, seconds=seconds)
    np.testing.assert_allclose(found.sum(0), [values.sum(), len(times)])


def test_units_are_recordings_where_there_are_enough() -> None:
    recordings = [some(4, 1, 1, seed) for seed in range(3)]
    assert units(recordings, enough=4).shape == (12, 2)
    np.testing.assert_allclose(units(recordings, enough=3)[1], recordings[1].sum(0))


def test_interval_as_scipys_percentile_bootstrap() -> None:
    rows = some(40, 20, 3)
    found = interval(rows)
    assert found is not None

    def mean(sums: np.ndarray, counts: np.ndarray, axis: int) -> np.ndarray:
        return sums.sum(axis) / counts.sum(axis)

    theirs = bootstrap(tuple(rows.T), mean, paired=True, n_resamples=20_000, method="percentile", rng=rng)
    width = found.high - found.low
    assert found.value == pooled(rows)
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.06 * width)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.06 * width)


def test_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = [(i := interval(some(30, 7, 2, seed))) is not None and i.low <= 7 <= i.high for seed in range(40)]
    assert np.mean(held) > 0.85


def test_intervals_are_the_same_again() -> None:
    rows = some(12, 0, 1)
    assert interval(rows) == interval(rows)
    assert interval(rows) != interval(rows, seed=1)


def test_empty_blocks_change_nothing() -> None:
    rows = some(12, 0, 1)
    assert interval(np.concatenate([np.zeros((5, 2)), rows])) == interval(rows)


def test_one_unit_has_no_interval() -> None:
    assert interval(np.array([[3.0, 2.0], [0.0, 0.0]])) is None
    assert difference(np.array([[3.0, 2.0], [0.0, 0.0]]), np.array([[3.0, 2.0], [1.0, 1.0]])) is None


def test_a_paired_difference_is_seen_through_what_is_hard_for_both() -> None:
    theirs = some(20, 25, 5)
    ours = theirs + theirs[:, 1:] * np.stack([rng.normal(0.3, 0.2, 20), np.zeros(20)], 1)
    found, ours_alone, theirs_alone = difference(ours, theirs), interval(ours), interval(theirs)
    assert found is not None
    assert ours_alone is not None
    assert theirs_alone is not None
    assert ours_alone.low < theirs_alone.high  # alone, they overlap
    assert found.significant
    assert found.value == pytest.approx(ours_alone.value - theirs_alone.value)
    assert found.low < found.value < found.high
    back = difference(theirs, ours)
    assert back is not None
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


def test_no_difference_is_not_significant() -> None:
    same = some(20, 25, 5)
    found = difference(same, same)
    assert found is not None
    assert (found.value, found.low, found.high, found.significant) == (0, 0, 0, False)


def test_methods_without_values_in_some_units() -> None:
    ours, theirs = some(6, 1, 0.1), some(6, 0, 0.1, seed=1)
    theirs[:4] = 0  # drawing none of the other two leaves nothing to compare
    found = difference(ours, theirs)
    assert found is not None
    assert found.value == pytest.approx(
        ours[:, 0].sum() / ours[:, 1].sum() - theirs[:, 0].sum() / theirs[:, 1].sum()
    )
    assert found.significant
