from functools import partial

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.metrics import timing

FPS = 25.0
TIMES = st.lists(st.floats(0, 20), max_size=30).map(lambda times: np.array(sorted(times)))


def test_beat_alignment_by_hand() -> None:
    beats, onsets = np.array([0.95, 2.0, 3.1]), np.array([1.0, 2.0, 3.2])
    expected = [np.exp(-0.5), 1, np.exp(-2)]  # one, none and two σ away
    np.testing.assert_allclose(timing.beat_alignment(beats, onsets), expected)


@given(TIMES, TIMES)
def test_beat_alignment_takes_the_nearest(beats: np.ndarray, onsets: np.ndarray) -> None:
    nearest = np.min(np.abs(np.subtract.outer(beats, onsets)), axis=1, initial=np.inf)
    np.testing.assert_allclose(timing.beat_alignment(beats, onsets), np.exp(-(nearest**2) / 0.005))


@given(TIMES, TIMES)
@pytest.mark.filterwarnings("ignore:.*onsets are empty")
def test_hits_average_to_mir_evals_f1(reference: np.ndarray, estimated: np.ndarray) -> None:
    hits = timing.event_hits(reference, estimated)
    assert hits.shape == (len(reference) + len(estimated),)
    f1, precision, recall = mir_eval.onset.f_measure(reference, estimated, window=0.08)
    if len(reference) and len(estimated):
        assert hits[: len(reference)].mean() == pytest.approx(recall)
        assert hits[len(reference) :].mean() == pytest.approx(precision)
    if hits.size:
        assert hits.mean() == pytest.approx(f1)


def test_each_event_has_one_partner() -> None:
    hits = timing.event_hits(np.array([1.0, 2.0]), np.array([0.97, 1.03, 5.0]))
    assert hits[:2].tolist() == [True, False]
    assert hits[2:].sum() == 1


def test_by_chance_is_the_density() -> None:
    onsets = np.arange(0, 100, 1.0)
    events = onsets + np.random.default_rng(0).normal(0, 0.01, 100)
    score = partial(timing.event_hits, onsets)
    assert score(events).mean() == 1
    chance = timing.by_chance(score, np.sort(events % 100), 100.0)
    assert len(chance) == timing.SHIFTS * 200
    assert chance.mean() == pytest.approx(0.16, abs=0.06)  # 160 ms of every second are near an onset


def test_by_chance_without_events() -> None:
    assert timing.by_chance(partial(timing.beat_alignment, onsets=np.ones(1)), np.zeros(0), 10.0).size == 0


@given(st.integers(-25, 25), st.integers(0, 100))
def test_lag_finds_a_shift_again(shift: int, seed: int) -> None:
    strength = np.random.default_rng(seed).random(400)
    energy = 3 * np.roll(strength, shift) + 1
    found = timing.lag(energy, strength, FPS)
    assert found is not None
    assert found.seconds == pytest.approx(shift / FPS, abs=0.5 / FPS)
    assert found.correlation == pytest.approx(1, abs=1e-9)


@given(st.floats(-0.9, 0.9))
def test_lag_finds_parts_of_a_frame(seconds: float) -> None:
    def hills(times: np.ndarray) -> np.ndarray:
        return sum(
            np.exp(-0.5 * ((times - centre) / 0.1) ** 2) for centre in (2, 3.1, 4.8, 7.3, 8.2, 11, 13.7)
        )

    times = np.arange(16 * 25) / FPS
    found = timing.lag(hills(times - seconds), hills(times), FPS)
    assert found is not None
    assert found.seconds == pytest.approx(seconds, abs=0.004)


def test_no_lag_of_what_is_short_or_still() -> None:
    noise = np.random.default_rng(0).random(120)
    assert timing.lag(noise[:99], noise[:99], FPS) is None
    assert timing.lag(np.zeros(120), noise, FPS) is None
    assert timing.lag(noise, np.zeros(120), FPS) is None
    assert timing.lag(noise, noise, FPS) == pytest.approx((0, 1), abs=0.02)
