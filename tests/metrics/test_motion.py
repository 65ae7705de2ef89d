import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from scipy.signal import argrelextrema

from apvg_core.metrics import motion

FPS = 25.0
TIMES = np.arange(200) / FPS


def glides(starts: list[float], seconds: float) -> np.ndarray:
    """A joint's path that rests, but moves for `seconds` from each start."""
    way = sum((np.clip((TIMES - start) / seconds, 0, 1) for start in starts), np.zeros(200))
    return np.stack([way, np.zeros(200)], 1)[:, None]


def test_energy_by_hand() -> None:
    keypoints = np.zeros((3, 2, 2), np.float32)
    keypoints[1, 0] = (0.03, 0.04)  # one of two joints moves, and stays
    keypoints[2, 0] = (0.03, 0.04)
    np.testing.assert_allclose(motion.motion_energy(keypoints, FPS), [0.05 / 2 * FPS, 0], atol=1e-6)


def test_beats_are_the_minima_of_the_usual_code() -> None:
    energy = np.random.default_rng(0).random(300)
    usual = argrelextrema(gaussian_filter(energy, 5), np.less)[0]
    np.testing.assert_allclose(motion.motion_beats(energy, 60.0), (usual + 0.5) / 60)


def test_beats_of_a_swing() -> None:
    swing = np.stack([np.cos(2 * np.pi * TIMES), np.zeros(200)], 1)[:, None]  # rests every half second
    beats = motion.motion_beats(motion.motion_energy(swing, FPS), FPS)
    np.testing.assert_allclose(beats, np.arange(0.5, 8, 0.5), atol=0.02)


def test_onsets_and_arrivals_by_hand() -> None:
    energy = motion.motion_energy(glides([1, 3, 6], 0.4), FPS)
    np.testing.assert_allclose(motion.motion_onsets(energy, FPS), [1, 3, 6], atol=1e-6)
    np.testing.assert_allclose(motion.motion_arrivals(energy, FPS), [1.4, 3.4, 6.4], atol=1e-6)


def test_a_still_has_no_events() -> None:
    for energy in (np.zeros(199), np.full(199, 0.3)):
        for events in (motion.motion_beats, motion.motion_onsets, motion.motion_arrivals):
            assert events(energy, FPS).size == 0


def test_turns_by_hand() -> None:
    bow = np.array([0.0, 0.1, 0.2, 0.3, 0.2, 0.21, 0.2, 0.1, 0.0, 0.1, 0.2])  # 0.2, 0.21, 0.2 is trembling
    np.testing.assert_allclose(motion.turns(bow, 10), [0.3, 0.8])
    np.testing.assert_allclose(motion.turns(bow, 10, depth=0.005), [0.3, 0.4, 0.5, 0.8])


@given(st.floats(0.3, 2), st.floats(0.05, 0.5))
def test_turns_of_a_swing_are_its_half_periods(hertz: float, reach: float) -> None:
    found = motion.turns(reach * np.sin(2 * np.pi * hertz * TIMES), FPS)
    assert abs(len(found) - 2 * hertz * TIMES[-1]) <= 1.5
    np.testing.assert_allclose(np.diff(found), 0.5 / hertz, atol=1.01 / FPS)


def test_integers_and_single_precision_serve() -> None:
    path = glides([1], 0.4).astype(np.float32)
    assert motion.motion_energy(path, FPS).dtype == np.float64
    assert motion.turns(path[:, 0, 0], FPS) == pytest.approx([])
