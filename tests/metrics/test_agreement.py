import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from apvg_core.metrics.agreement import correlation, main_axis, playing_axis

rng = np.random.default_rng(0)
REAL = rng.normal(size=200)
GENERATED = REAL + rng.normal(size=200)
SOUNDING = rng.random(200) < 0.6


def test_as_scipy() -> None:
    assert correlation(REAL, GENERATED) == pytest.approx(pearsonr(REAL, GENERATED).statistic, abs=1e-12)
    expected = pearsonr(REAL[SOUNDING], GENERATED[SOUNDING]).statistic
    assert correlation(REAL, GENERATED, SOUNDING) == pytest.approx(expected, abs=1e-12)


@given(st.floats(0.01, 100), st.floats(-1e4, 1e4))
def test_blind_to_scale_and_offset(scale: float, offset: float) -> None:
    expected = correlation(REAL, GENERATED)
    assert correlation(REAL, scale * GENERATED + offset) == pytest.approx(expected, abs=1e-6)
    assert correlation(REAL, -scale * GENERATED + offset) == pytest.approx(-expected, abs=1e-6)


def test_a_still_agrees_with_nothing() -> None:
    assert correlation(REAL, np.full(200, 0.1)) is None
    assert correlation(np.full(200, 0.1, np.float32), REAL) is None
    assert correlation(REAL[:1], GENERATED[:1]) is None
    assert correlation(REAL, GENERATED, np.zeros(200, bool)) is None


def test_main_axis_by_hand() -> None:
    back_and_forth = np.array([0.0, 1, 2, 1, 0, 1])
    path = np.stack([0.5 - 0.04 * back_and_forth, 0.2 + 0.03 * back_and_forth], 1).astype(np.float32)
    np.testing.assert_allclose(main_axis(path), [0.8, -0.6], atol=1e-6)


def test_playing_axis_by_hand() -> None:
    """The hand sways widely to the side; what is played has it go up, by half as much as to the right."""
    sway, played = np.array([3.0, -3, 3, -3]), np.array([0.0, 0, 1, 1])
    path = np.stack([sway + 2 * played, 1 - played], 1).astype(np.float32)
    np.testing.assert_allclose(playing_axis(path, played), [0, -1], atol=1e-6)
    np.testing.assert_allclose(np.abs(main_axis(path)), [1, 0], atol=0.2)
    np.testing.assert_allclose(playing_axis(path, np.zeros(4)), main_axis(path))
