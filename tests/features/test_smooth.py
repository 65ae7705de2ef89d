"""Smoothing: sines that have to stay, trembling that has to go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apvg_core.features.smooth import smooth

RATES = [25.0, 30_000 / 1001, 50.0]


def amplitude(track, hertz, fps):
    """Of the sine of a frequency in a track [shape=(n,)], by least squares."""
    t = 2 * np.pi * hertz * np.arange(len(track)) / fps
    return np.linalg.norm(np.linalg.lstsq(np.stack([np.sin(t), np.cos(t)], axis=1), track, rcond=None)[0])


def run(track, *, fps, unit=1.0):
    tracks = np.asarray(track)[:, None]
    return smooth(tracks, np.zeros((len(tracks), 1), bool), unit=unit, fps=fps)[:, 0]


def trembling(track):
    return np.linalg.norm(np.diff(track, 2, axis=0), axis=1).mean()


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize(("hertz", "size"), [(6, 0.05), (6, 0.3), (4, 0.5), (1, 1.0)])
def test_a_bow_stroke_keeps_its_size(fps, hertz, size):
    """Sizes in forearms: a tremolo of 1.25 cm to either side, a whole bow."""
    t = np.arange(round(6 * fps)) / fps
    bow = np.stack([size * np.sin(2 * np.pi * hertz * t), np.zeros_like(t)], axis=1)
    shaky = bow + np.random.default_rng(0).normal(0, 0.006, bow.shape)
    assert amplitude(run(0.2 * shaky, fps=fps, unit=0.2)[:, 0], hertz, fps) == pytest.approx(
        0.2 * size, rel=0.05
    )


@pytest.mark.parametrize("fps", RATES)
def test_what_rests_is_still(fps):
    """White noise becomes less than half, its second differences a tenth."""
    noise = np.random.default_rng(0).normal(0, 0.008, (round(60 * fps), 2))
    rest = run(0.5 + noise, fps=fps)
    assert (rest - 0.5).std() < noise.std() / 2
    assert trembling(rest) < trembling(noise) / 10


@given(
    fps=st.sampled_from([5.0, 12.5, *RATES]),
    length=st.integers(1, 80),
    start=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    step=st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)),
)
@settings(max_examples=50, deadline=None)
def test_a_straight_way_stays_as_it_is_to_its_ends(fps, length, start, step):
    track = np.array(start) + np.arange(length)[:, None] * step
    np.testing.assert_allclose(run(track, fps=fps), track, atol=1e-9)


def test_no_lag():
    track = np.random.default_rng(1).random((60, 2))
    np.testing.assert_allclose(run(track[::-1], fps=25), run(track, fps=25)[::-1], atol=1e-12)


def test_nothing_is_mixed_across_the_borders_of_a_rest():
    tracks = np.zeros((90, 1, 2))
    tracks[30:60] = 1
    apart = np.zeros((90, 1), bool)
    apart[30:60] = True
    np.testing.assert_allclose(smooth(tracks, apart, unit=0.2, fps=25), tracks, atol=1e-12)
    assert np.abs(smooth(tracks, ~apart & apart, unit=0.2, fps=25) - tracks).max() > 0.05
