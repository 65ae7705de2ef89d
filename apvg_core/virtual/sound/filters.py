"""Filters. Sounds are [shape=(samples,)] at 44.1 kHz."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.paths import Array

Spectrum = npt.NDArray[np.complex128]

BLOCK = 1 << 16
"""Samples; transforms are as long as some of these, which keeps them quick."""

SHADE = 700.0
"""Hertz above which the colour of an instrument depends on how loud it is played."""


def filtered(sound: Array, response: Callable[[Array], Spectrum], tail: int = SAMPLE_RATE) -> Array:
    """Filter a sound (samples,) by a complex gain, a function of frequency (Hz); it stays as long.

    The filter must have died away after `tail` samples.
    """
    size = -(-(len(sound) + tail) // BLOCK) * BLOCK
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(sound, size) * response(frequencies)
    return np.fft.irfft(spectrum, size)[: len(sound)]


def resonance(frequencies: Array, centre: float, sharpness: float) -> Spectrum:
    """Compute a resonator's gain at frequencies (n,), 1 at its centre (Hz); `sharpness` is its Q."""
    ratio = np.maximum(frequencies, 1) / centre
    return 1 / (1 + 1j * sharpness * (ratio - 1 / ratio))


def low_pass(frequencies: Array, corner: float) -> Spectrum:
    """Compute a pole's gain at frequencies (n,): 6 dB less an octave above the corner (Hz)."""
    return 1 / (1 + 1j * frequencies / corner)


def high_pass(frequencies: Array, corner: float) -> Spectrum:
    """Compute a pole's gain at frequencies (n,): 6 dB less an octave below the corner (Hz)."""
    return 1 - low_pass(frequencies, corner)


def shaded(sound: Array, loudness: Array) -> Array:
    """Make a sound duller where it is soft and brighter where it is loud, as instruments are.

    Args:
        sound: Of an even brightness (samples,).
        loudness: 0 to 1 (samples,); at 0.6 nothing changes.
    """
    pole = np.exp(-2 * np.pi * SHADE / SAMPLE_RATE)
    dull = lfilter([(1 - pole) ** 2], [1, -2 * pole, pole**2], sound)
    return dull + (0.25 + 1.25 * loudness) * (sound - dull)
