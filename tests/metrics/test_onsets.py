import subprocess
import sys

import librosa
import numpy as np
import pytest

from apvg_core.metrics import onsets
from apvg_core.units import SAMPLE_RATE

STRIKES = (0.5, 1.2, 1.9, 2.75)


def plucked(seconds: float = 3.3) -> np.ndarray:
    """Sound of a string plucked at each of `STRIKES`."""
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros(len(times))
    for pitch, strike in enumerate(STRIKES):
        since = np.maximum(times - strike, 0)
        for partial in range(1, 6):
            sound += np.exp(-6 * since) / partial * np.sin(2 * np.pi * 220 * 1.19**pitch * partial * since)
    return (0.2 * sound).astype(np.float32)


@pytest.mark.parametrize("cut", [10_000_000, 65_536, 1_000])
def test_strength_is_librosas_however_the_stream_is_cut(cut: int) -> None:
    sound = plucked()
    mel = librosa.feature.melspectrogram(y=sound, sr=SAMPLE_RATE)
    expected = librosa.onset.onset_strength(
        S=librosa.power_to_db(mel, amin=1e-5, top_db=None), sr=SAMPLE_RATE
    )
    strength = onsets.onset_strength(sound[start : start + cut] for start in range(0, len(sound), cut))
    assert strength.shape == (1 + len(sound) // 512,)
    np.testing.assert_allclose(strength, expected, atol=1e-3)


def test_long_blocks_are_taken_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = onsets.onset_strength([plucked()])
    monkeypatch.setattr(onsets, "_COLUMNS", 7)
    np.testing.assert_allclose(onsets.onset_strength([plucked()]), whole, atol=1e-3)


def test_onsets_of_plucked_strings() -> None:
    found = onsets.onset_times(onsets.onset_strength([plucked()]))
    np.testing.assert_allclose(found, STRIKES, atol=0.03)


@pytest.mark.parametrize("seed", range(20))
def test_onsets_are_librosas(seed: int) -> None:
    rng = np.random.default_rng(seed)
    strength = rng.random(400) ** rng.integers(1, 9) * (rng.random(400) < rng.random())
    expected = librosa.onset.onset_detect(onset_envelope=strength, sr=SAMPLE_RATE, units="time")
    np.testing.assert_allclose(onsets.onset_times(strength), expected)


def test_no_compiler_is_needed() -> None:
    code = (
        "import sys, numpy as np; from apvg_core.metrics.onsets import onset_strength, onset_times;"
        "onset_times(onset_strength([np.ones(9999, np.float32)]));"
        "print({'librosa', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_silence_has_no_onsets() -> None:
    strength = onsets.onset_strength([np.zeros(SAMPLE_RATE, np.float32)])
    assert not strength.any()
    assert onsets.onset_times(strength).size == 0
    assert onsets.onset_strength([]).shape == (1,)


def test_strength_of_steps_by_hand() -> None:
    column = 1 / onsets.ONSET_RATE
    strength = np.zeros(100)
    strength[10] = 5.0  # lasts from 9.5 to 10.5 columns
    fps = 1 / (10 * column)  # so half of it falls into each of the first two steps
    np.testing.assert_allclose(onsets.strength_of_steps(strength, 3, fps), [0.25, 0.25, 0], atol=1e-12)


def test_strength_of_steps_keeps_the_sum() -> None:
    strength = np.random.default_rng(0).random(200)
    steps = onsets.strength_of_steps(strength, 100, 25.0)  # longer than the sound
    assert steps.sum() / 25 == pytest.approx((strength.sum() - strength[0] / 2) / onsets.ONSET_RATE)
    assert not steps[-20:].any()
