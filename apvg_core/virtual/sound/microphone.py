"""The sound of a recording: an instrument, the player's breath, a room, a microphone's noise and level."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.score import Score
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound import additive, soundfont
from apvg_core.virtual.sound.room import filtered, high_pass, hiss, in_room, low_pass

Timbre = Literal["additive", "soundfont"]

PEAK = 0.95
"""The largest sample of any recording."""

SIGNAL_TO_NOISE = 26.0
"""Decibels between music and noise, at least."""

POOR_SIGNAL_TO_NOISE = (8.0, 26.0)
"""Range of the same for a poor microphone."""

INHALE = 0.38
"""Seconds of audible breath before a phrase."""


def _amplitude(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _breath(rng: np.random.Generator, score: Score) -> Array:
    """The player drawing breath before every phrase [shape=(samples,)]; a wind player is heard better."""
    samples = round(score.seconds * SAMPLE_RATE)
    level = rng.uniform(0.02, 0.05) * (1.0 if score.instrument == "trombone" else 0.4)
    noise, last = np.zeros(samples), 0.0
    for onset, end in score.phrases:
        seconds = min(INHALE, 0.8 * (onset - last))
        first, count = round((onset - seconds) * SAMPLE_RATE), round(0.9 * seconds * SAMPLE_RATE)
        swell = np.sin(np.pi * np.arange(count) / count) ** 2
        noise[first : first + count] = swell * rng.standard_normal(count)
        last = end
    return level * filtered(noise, lambda f: 3 * high_pass(f, 900) * low_pass(f, 2500) ** 2)


def _instrument(
    playing: TrombonePlaying | CelloPlaying, rng: np.random.Generator, timbre: Timbre, path: Path | None
) -> Array:
    """The instrument alone [shape=(samples,)]."""
    if timbre == "soundfont":
        return soundfont.synthesise(playing, path)
    if isinstance(playing, TrombonePlaying):
        return additive.trombone(playing, rng)
    return additive.cello(playing, rng)


def render(
    playing: TrombonePlaying | CelloPlaying,
    seed: Sequence[int],
    timbre: Timbre = "additive",
    path: Path | None = None,
) -> npt.NDArray[np.float32]:
    """Sound of a recording at the microphone [shape=(samples,), 44.1 kHz, mono, within ±1].

    The seed draws the specimen of the instrument, the room, the noise and the level.

    Args:
        playing: The playing to hear.
        seed: Numbers.
        timbre: "additive" needs nothing; "soundfont" needs FluidSynth and a soundfont.
        path: The soundfont; None looks for FluidR3.
    """
    rng = np.random.default_rng([*seed])
    dry = _instrument(playing, rng, timbre, path)
    dry = dry / np.sqrt(np.mean(dry**2))
    heard = in_room(rng, dry + 6 * _breath(rng, playing.score))
    level = rng.uniform(-30, -12)
    quiet = min(rng.uniform(-70, -45), level - SIGNAL_TO_NOISE)
    sound = _amplitude(level) / np.sqrt(np.mean(heard**2)) * heard + _amplitude(quiet) * hiss(rng, len(dry))
    return (sound * min(1.0, PEAK / np.max(np.abs(sound)))).astype(np.float32)


def poorly(sound: npt.NDArray[np.float32], seed: Sequence[int]) -> npt.NDArray[np.float32]:
    """A recording as a poor microphone hears it, such as a telephone's: a narrow band, and more noise.

    Args:
        sound: From `render` [shape=(samples,)].
        seed: Numbers; they draw the band and the noise.
    """
    rng = np.random.default_rng([*seed])
    lowest, highest = np.exp(rng.uniform(np.log([60, 3000]), np.log([300, 12000])))
    heard = filtered(sound.astype(np.float64), lambda f: high_pass(f, lowest) * low_pass(f, highest))
    noise = _amplitude(-rng.uniform(*POOR_SIGNAL_TO_NOISE)) * np.sqrt(np.mean(heard**2))
    heard = heard + noise * hiss(rng, len(sound))
    return (heard * min(1.0, PEAK / np.max(np.abs(heard)))).astype(np.float32)
