import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apvg_core.features.loudness import normalising_gain
from tests.synth import noise, tone

SONG = noise(2.3)[:, 0]


def decibels(gain):
    return 20 * np.log10(gain)


def test_a_steady_tone_comes_to_the_target():
    sine = tone(3.0)
    gain = normalising_gain([sine])
    assert decibels(np.sqrt(np.mean((gain * sine) ** 2))) == pytest.approx(-20, abs=0.05)


@pytest.mark.parametrize("factor", [0.05, 2.0])
def test_a_copy_of_another_level_ends_at_the_same(factor):
    assert factor * normalising_gain([factor * SONG]) == pytest.approx(normalising_gain([SONG]), rel=1e-5)


@given(st.floats(-60, 20))
@settings(max_examples=40, deadline=None)
def test_a_copy_of_any_gain_gives_the_same_sound(gain_db):
    """Music with a quiet passage, a reverberation and a pause, which a fixed gate would cut elsewhere."""
    decay = 10 ** (-np.linspace(0, 60, 88_200, dtype=np.float32) / 20)
    song = np.concatenate([SONG, 0.05 * SONG, decay * tone(2.0), np.zeros(44_100, np.float32)])
    copy = np.float32(10 ** (gain_db / 20)) * song
    assert decibels(normalising_gain([copy])) + gain_db == pytest.approx(
        decibels(normalising_gain([song])), abs=1e-3
    )


def test_pauses_do_not_count():
    sine = tone(4.0)
    with_pauses = np.concatenate([sine, np.zeros(441_000, np.float32), sine, 0.01 * sine])
    assert decibels(normalising_gain([with_pauses])) == pytest.approx(
        decibels(normalising_gain([sine])), abs=0.6
    )


@pytest.mark.parametrize(
    "blocks", [[], [np.zeros(0, np.float32)], [np.zeros(100_000, np.float32)], [1e-4 * SONG]]
)
def test_silence_stays_as_it_is(blocks):
    assert normalising_gain(blocks) == 1.0


@pytest.mark.parametrize("samples", [1, 100, 4410, 5000, 20_000])
def test_short_sounds_have_a_level_too(samples):
    assert normalising_gain([np.full(samples, 0.5, np.float32)]) == pytest.approx(0.2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(SONG)), max_size=12))
def test_cuts_do_not_matter(cuts):
    assert normalising_gain(np.split(SONG, sorted(cuts))) == normalising_gain([SONG])
