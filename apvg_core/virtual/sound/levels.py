"""Levels of sounds: root mean square, and decibels."""

import numpy as np

from apvg_core.virtual.music.paths import Array


def rms(sound: Array) -> float:
    """The root mean square of a sound (n,); 0 of nothing."""
    return float(np.sqrt(np.mean(sound**2))) if len(sound) else 0.0


def amplitude(decibels: float) -> float:
    """The factor that so many decibels are."""
    return float(10 ** (decibels / 20))
