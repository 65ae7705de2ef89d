import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apvg_core.metrics.accumulate import FrameMetrics, Series
from apvg_core.metrics.metric import FrameValues, Metric, Ratio


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


def test_a_ratio_is_pooled_over_its_denominators() -> None:
    series = Series()
    series.add(Ratio(1, 2))
    series.add(Ratio(5, 10))
    assert series.value == 0.5
    np.testing.assert_array_equal(series.counts, [2, 10])


def metric(key: str, frames: int, *, curve: bool = False) -> Metric[np.ndarray, FrameValues]:
    return Metric(
        key, key, "", "low", 1, "A difference.", "images", lambda part: np.diff(part, n=frames - 1),
        frames=frames, curve=curve,
    )  # fmt: skip


@given(arrays(np.float64, st.integers(1, 9), elements=st.floats(-100, 100)), st.integers(2, 4))
def test_metrics_of_neighbouring_frames_are_those_of_the_whole(track: np.ndarray, frames: int) -> None:
    metrics = FrameMetrics([metric("value", 1), metric("step", frames, curve=True)], lambda part: part)
    for value in track:
        metrics.add(value)
    assert len(metrics) == len(track)
    np.testing.assert_array_equal(metrics.series["value"].per_frame, track)
    steps = metrics.curves()["step"]
    assert metrics.curves().keys() == {"step"}
    np.testing.assert_array_equal(
        steps[frames - 1 :], np.diff(track, n=frames - 1) if len(track) >= frames else []
    )
    assert np.isnan(steps[: frames - 1]).all()


def test_units_are_blocks_of_time() -> None:
    metrics = FrameMetrics([metric("value", 1)], lambda part: part)
    for value in (1.0, 2.0, 4.0, 8.0):
        metrics.add(np.array(value))
    units = metrics.units(np.arange(4) / 1.0, duration=4.0)
    np.testing.assert_array_equal(units["value"], [[3, 2], [12, 2]])


def test_evidence_is_made_once_for_all_metrics_of_as_many_frames() -> None:
    made: list[int] = []
    metrics = FrameMetrics([metric("a", 2), metric("b", 2)], lambda part: made.append(len(part)) or part)
    for value in range(3):
        metrics.add(np.array(value))
    assert made == [2, 2]
