import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apvg_core.metrics.accumulate import Mean, Series, Sliding


def test_mean_accumulates_portions() -> None:
    mean = Mean()
    assert mean.value is None
    mean.add([1.0, 2.0])
    mean.add(6.0)
    assert mean.value == 3.0


def test_series_by_hand() -> None:
    series = Series()
    assert (len(series), series.value) == (0, None)
    series.add(())
    assert series.value is None
    series.add([1.0, 2.0])
    series.add(True)
    np.testing.assert_array_equal(series.sums, [0, 3, 1])
    np.testing.assert_array_equal(series.counts, [0, 2, 1])
    np.testing.assert_array_equal(series.per_frame, [np.nan, 1.5, 1])
    assert series.value == 4 / 3  # pooled, not the mean of the frames' means


@given(arrays(np.float64, st.integers(0, 9), elements=st.floats(-100, 100)), st.integers(2, 4))
def test_sliding_is_the_metric_of_the_whole(track: np.ndarray, frames: int) -> None:
    sliding = Sliding(lambda part: np.diff(part, n=frames - 1), frames)
    for value in track:
        sliding.add(value)
    assert len(sliding.series) == len(track)
    np.testing.assert_array_equal(
        sliding.series.per_frame[frames - 1 :], np.diff(track, n=frames - 1) if len(track) >= frames else []
    )
    assert np.isnan(sliding.series.per_frame[: frames - 1]).all()
