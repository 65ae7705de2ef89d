"""The magnitudes of the constant-Q transform: librosa's numbers, without its imports.

librosa 0.11 (`librosa.cqt` with its defaults) computes the octaves from the top down. Each takes the sound at
half the rate of the one above it, so one set of filters serves them all. What it multiplies with spectra is
linear, and is here multiplied with the sound itself.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import soxr

from apvg_core.units import BINS_PER_OCTAVE, CQT_BINS, CQT_FMIN, HOP_LENGTH, OCTAVES, SAMPLE_RATE

Floats = npt.NDArray[np.float32]

_RATE: Final = SAMPLE_RATE / 2
"""Hz at which the top octave is sampled; nothing of it lies above a quarter of the song's rate."""

_SAMPLES: Final = 256
"""Samples of the longest filter, a power of two; at every octave's own rate."""

_DROPPED: Final = 0.01
"""Share of a filter's spectrum, its smallest values, that librosa leaves out."""


def cqt_magnitudes(signals: Floats) -> Floats:
    """Compute the CQT's magnitudes of whole signals.

    Args:
        signals: Mono, 44.1 kHz, at least 256 samples each [shape=(n, samples)].

    Returns:
        [shape=(n, 84, 1 + samples // 256)].
    """
    columns = 1 + signals.shape[-1] // HOP_LENGTH
    hop, octaves = HOP_LENGTH, []
    for _ in range(OCTAVES):
        signals, hop = _halved(signals), hop // 2
        padded = np.pad(signals, ((0, 0), (_SAMPLES // 2, _SAMPLES // 2)))
        pieces = np.lib.stride_tricks.sliding_window_view(padded, _SAMPLES, axis=-1)[:, ::hop][:, :columns]
        real, imaginary = np.split(np.ascontiguousarray(pieces) @ _filters(), 2, axis=-1)
        octaves.append(np.hypot(real, imaginary).swapaxes(1, 2))
    return np.concatenate(octaves[::-1], axis=1)


def _halved(signals: Floats) -> Floats:
    """Every signal at half its rate and the same energy [shape=(n, (samples + 1) // 2)]."""
    wanted = (signals.shape[-1] + 1) // 2
    halved = soxr.resample(np.ascontiguousarray(signals.T), 2, 1, "HQ").T[:, :wanted]
    halved = np.pad(halved, ((0, 0), (0, wanted - halved.shape[-1])))
    return np.asarray(halved * np.float32(2**0.5), np.float32)


@cache
def _filters() -> Floats:
    """The filters of every octave: 12 real, then 12 imaginary parts [shape=(256, 24)]."""
    semitones = CQT_BINS - BINS_PER_OCTAVE + np.arange(BINS_PER_OCTAVE)
    frequencies = CQT_FMIN * 2 ** (semitones / BINS_PER_OCTAVE)
    step = 2 ** (2 / BINS_PER_OCTAVE)
    lengths = (step + 1) / (step - 1) * _RATE / frequencies
    waves = np.stack([_wave(*pair) for pair in zip(frequencies, lengths, strict=True)])
    spectra = np.fft.fft(waves * lengths[:, None] / _SAMPLES)[:, : _SAMPLES // 2 + 1]
    spectra[np.abs(spectra) < _threshold(np.abs(spectra))] = 0
    # Σ_k spectrum[k] · Σ_n sound[n] · exp(-2πi k n / 256) = Σ_n sound[n] · filter[n]
    filters = np.fft.fft(spectra, _SAMPLES) / np.sqrt(lengths)[:, None]
    return np.concatenate([filters.real, filters.imag]).T.astype(np.float32)


def _wave(frequency: float, length: float) -> npt.NDArray[np.complex128]:
    """A tone under a Hann window, of L1 norm 1, in the middle of 256 samples."""
    times = np.arange(-length // 2, length // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(times)) / len(times))
    wave = window * np.exp(2j * np.pi * frequency / _RATE * times)
    left = (_SAMPLES - len(wave)) // 2
    return np.pad(wave / np.abs(wave).sum(), (left, _SAMPLES - len(wave) - left))


def _threshold(magnitudes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The smallest magnitude of each row that is kept [shape=(rows, 1)]."""
    rising = np.sort(magnitudes, axis=1)
    shares = np.cumsum(rising / rising.sum(axis=1, keepdims=True), axis=1)
    first = (shares >= _DROPPED).argmax(axis=1)
    return np.take_along_axis(rising, first[:, None], axis=1)
