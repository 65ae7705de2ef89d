import numpy as np
import pytest
from scipy.stats import linregress

from apvg_core.metrics.drift import Course, psnr_drift, slope


def test_a_steady_loss_by_hand() -> None:
    scores = 30 - np.arange(1500) / 25 / 60 * 2  # 2 dB a minute, over a minute
    assert slope(scores, 25.0) == pytest.approx(-2)


def test_as_scipy_without_the_frames_that_have_none() -> None:
    scores = np.random.default_rng(0).normal(25, 3, 300)
    scores[[0, 7, 299]] = np.nan
    scored = np.isfinite(scores)
    expected = linregress(np.arange(300)[scored] / 600, scores[scored]).slope
    assert slope(scores, 10.0) == pytest.approx(expected)


def test_no_slope_of_fewer_than_two_scores() -> None:
    for scores in ([], [1.0], [np.nan, np.nan], [np.nan, 1.0]):
        assert slope(np.array(scores), 25.0) is None


def test_psnr_of_less_than_half_a_minute_does_not_drift() -> None:
    scores = 30 - np.arange(750) / 25 / 60
    assert psnr_drift(Course(scores, 25.0)) == pytest.approx(-1)
    assert psnr_drift(Course(scores[:-1], 25.0)) is None
