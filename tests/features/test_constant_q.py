"""The CQT's magnitudes: shape, linearity, and librosa's numbers for a tone."""

import librosa
import numpy as np

from apvg_core.features.constant_q import cqt_magnitudes
from apvg_core.units import BINS_PER_OCTAVE, CQT_BINS, CQT_FMIN, HOP_LENGTH, SAMPLE_RATE


def tone(hertz, samples=SAMPLE_RATE):
    return np.sin(2 * np.pi * hertz * np.arange(samples) / SAMPLE_RATE).astype(np.float32)


def test_a_tone_has_librosas_magnitudes():
    signal = tone(440.0)
    ours = cqt_magnitudes(signal[None])[0]
    theirs = np.abs(
        librosa.cqt(
            signal, sr=SAMPLE_RATE, hop_length=HOP_LENGTH, fmin=CQT_FMIN, n_bins=CQT_BINS,
            bins_per_octave=BINS_PER_OCTAVE,
        )
    )  # fmt: skip
    assert ours.shape == theirs.shape == (CQT_BINS, 1 + SAMPLE_RATE // HOP_LENGTH)
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * theirs.max())


def test_each_signal_by_itself_and_twice_as_loud_is_twice_as_much():
    signals = np.stack([tone(220.0, 4096), 2 * tone(220.0, 4096)])
    one, two = cqt_magnitudes(signals)
    np.testing.assert_allclose(two, 2 * one, rtol=1e-4, atol=1e-6)
