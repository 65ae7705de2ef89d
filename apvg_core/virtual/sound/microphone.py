"""The sound of a recording: an instrument, the player's breath, a room, a microphone's noise and level."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound import additive, soundfont
from apvg_core.virtual.sound.capture import PEAK
from apvg_core.virtual.sound.noises import breath, hiss
from apvg_core.virtual.sound.room import Room, in_room

Timbre = Literal["additive", "soundfont"]

SIGNAL_TO_NOISE = 26.0
"""Decibels between music and noise, at least."""


def _amplitude(decibels: float) -> float:
    return float(10 ** (decibels / 20))


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
    heard = in_room(rng, Room.studio(rng), dry + 6 * breath(rng, playing.score))
    level = rng.uniform(-30, -12)
    quiet = min(rng.uniform(-70, -45), level - SIGNAL_TO_NOISE)
    sound = _amplitude(level) / np.sqrt(np.mean(heard**2)) * heard + _amplitude(quiet) * hiss(rng, len(dry))
    return (sound * min(1.0, PEAK / np.max(np.abs(sound)))).astype(np.float32)
