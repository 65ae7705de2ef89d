"""Noises that belong to a recording: breath, keys and fingers, the hiss of a room, mains hum, applause.

Sounds are [shape=(samples,)] at 44.1 kHz.
"""

from typing import Final

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.score import Score
from apvg_core.virtual.sound.filters import filtered
from apvg_core.virtual.sound.levels import rms

INHALE: Final = 0.38
"""Seconds of audible breath before a phrase."""

HISS: Final = 1 << 19
"""Samples after which a hiss repeats itself (12 s)."""


def _banded(noise: Array, lowest: float, highest: float) -> Array:
    """Noise (n,) between two frequencies (Hz)."""
    return np.asarray(sosfilt(butter(1, (lowest, highest), "bandpass", fs=SAMPLE_RATE, output="sos"), noise))


def breath(rng: np.random.Generator, score: Score) -> Array:
    """The player drawing breath before every phrase; a wind player is heard better."""
    samples = round(score.seconds * SAMPLE_RATE)
    level = rng.uniform(0.02, 0.05) * (1.0 if score.instrument == "trombone" else 0.4)
    noise, last = np.zeros(samples), 0.0
    for onset, end in score.phrases:
        seconds = min(INHALE, 0.8 * (onset - last))
        first, count = round((onset - seconds) * SAMPLE_RATE), round(0.9 * seconds * SAMPLE_RATE)
        swell = np.sin(np.pi * np.arange(count) / count) ** 2
        noise[first : first + count] = swell * rng.standard_normal(count)
        last = end
    return 1.3 * level * _banded(noise, 900, 2500)


def clicks(rng: np.random.Generator, score: Score) -> Array:
    """Fingers, keys and slide at the onsets of notes, some milliseconds early or late."""
    samples = round(score.seconds * SAMPLE_RATE)
    noise, length = np.zeros(samples), round(0.03 * SAMPLE_RATE)
    decay = np.exp(-np.arange(length) / rng.uniform(0.003, 0.01) / SAMPLE_RATE)
    for note in score.notes:
        first = round((note.onset + rng.normal(0, 0.012)) * SAMPLE_RATE)
        if rng.random() < 0.6 and 0 <= first < samples - length:
            noise[first : first + length] += rng.uniform(0.2, 1) * decay * rng.standard_normal(length)
    return _banded(noise, 150, 2500)


def hiss(rng: np.random.Generator, samples: int, fall: float = 0.5) -> Array:
    """The noise of a quiet room, of RMS 1.

    Args:
        rng: Draws it.
        samples: Its length.
        fall: Power of the frequency by which it falls from 30 Hz on: 0.5 is pink, more is a rumble.
    """
    noise = rng.standard_normal(min(samples, HISS))
    sound = filtered(noise, lambda f: (np.maximum(f, 30) / 30) ** -fall + 0j)
    return np.resize(sound / rms(sound), samples)


def hum(rng: np.random.Generator, samples: int) -> Array:
    """Mains hum, 50 or 60 Hz and its harmonics, of RMS 1."""
    mains = float(rng.choice([50, 60])) * float(rng.uniform(0.998, 1.002))
    strengths = rng.uniform(0.1, 1, 6) / np.arange(1, 7)
    # After 500 of its periods, which is a whole number of samples but for a half, it repeats itself.
    times = np.arange(round(500 / mains * SAMPLE_RATE)) / SAMPLE_RATE
    phases = 2 * np.pi * mains * np.outer(np.arange(1, 7), times) + rng.uniform(0, 2 * np.pi, (6, 1))
    sound = strengths @ np.sin(phases)
    return np.resize(sound / rms(sound), samples)


def applause(rng: np.random.Generator, samples: int) -> Array:
    """Applause after the last note, swelling and dying away, of RMS 1 where it is loudest."""
    count = min(samples, round(rng.uniform(1.5, 4.0) * SAMPLE_RATE))
    struck = (rng.random(count) < rng.uniform(30, 300) / SAMPLE_RATE) * rng.uniform(0.3, 1, count)
    claps = lfilter([1], [1, -np.exp(-1 / 0.004 / SAMPLE_RATE)], struck) * rng.standard_normal(count)
    claps = _banded(claps, 500, 4000) * np.minimum(np.arange(count) / SAMPLE_RATE / 0.8, 1)
    sound = np.zeros(samples)
    sound[samples - count :] = claps / (rms(claps) or 1.0)
    return sound
