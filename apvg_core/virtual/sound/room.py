"""Filters, and the room that a recording is made in. Sounds are [shape=(samples,)] at 44.1 kHz."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.paths import Array

Spectrum = npt.NDArray[np.complex128]

BLOCK = 1 << 16
"""Samples; transforms are as long as some of these, which keeps them quick."""

PREDELAY = (0.006, 0.02)
"""Seconds between a sound and its first echo."""


def filtered(sound: Array, response: Callable[[Array], Spectrum]) -> Array:
    """Filter a sound (samples,) by a complex gain, a function of frequency (Hz); it stays as long."""
    size = -(-(len(sound) + SAMPLE_RATE) // BLOCK) * BLOCK
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


def _impulse_response(rng: np.random.Generator) -> Array:
    """The echoes of a room [shape=(samples,)]: the sound itself, then noise that dies away."""
    decay = float(np.exp(rng.uniform(np.log(0.2), np.log(1.2))))
    times = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
    # 60 dB down after `decay` seconds; air and curtains take the highs.
    echoes = rng.standard_normal(len(times)) * 10 ** (-3 * times / decay)
    echoes = filtered(echoes, lambda f: low_pass(f, 3500) * high_pass(f, 120))
    wet = 10 ** (rng.uniform(-20, -5) / 20)
    gap = np.zeros(round(rng.uniform(*PREDELAY) * SAMPLE_RATE))
    return np.concatenate([[1.0], gap, wet * echoes / np.linalg.norm(echoes)])


def in_room(rng: np.random.Generator, sound: Array) -> Array:
    """Put a sound (samples,) into a room of its own, as a microphone hears it; it stays as long."""
    echoes = _impulse_response(rng)
    tilt = rng.uniform(-1.5, 1.5) / 6.02

    def response(frequencies: Array) -> Spectrum:
        heard = np.fft.rfft(echoes, 2 * (len(frequencies) - 1))
        return heard * (np.clip(frequencies, 80, 10_000) / 1000) ** tilt

    return filtered(sound, response)


def hiss(rng: np.random.Generator, samples: int) -> Array:
    """The noise of a quiet room, pink, of RMS 1 [shape=(samples,)]."""
    noise = filtered(rng.standard_normal(samples), lambda f: (np.maximum(f, 30) / 30) ** -0.5 + 0j)
    return noise / np.sqrt(np.mean(noise**2))
