import numpy as np
import pytest
from scipy.stats import linregress

from apvg_core.metrics.drift import drift


def test_a_steady_loss_by_hand() -> None:
    scores = 30 - np.arange(1500) / 25 / 60 * 2  # 2 dB a minute, over a minute
    found = drift(scores, 25.0)
    assert found is not None
    assert found.per_minute == pytest.approx(-2)
    assert found.first - found.last == pytest.approx(2 * 0.9)


def test_as_scipy_without_the_frames_that_have_none() -> None:
    scores = np.random.default_rng(0).normal(25, 3, 300)
    scores[[0, 7, 299]] = np.nan
    there = np.isfinite(scores)
    found = drift(scores, 10.0)
    assert found is not None
    assert found.per_minute == pytest.approx(linregress(np.arange(300)[there] / 600, scores[there]).slope)
    assert found.first == pytest.approx(scores[1:30][np.arange(1, 30) != 7].mean())
    assert found.last == pytest.approx(scores[270:299].mean())


def test_nothing_to_tell() -> None:
    for scores in ([], [1.0], [np.nan, np.nan], [np.nan] * 3 + [1.0] * 17):
        assert drift(np.array(scores), 25.0) is None
