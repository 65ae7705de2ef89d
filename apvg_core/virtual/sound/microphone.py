"""The sound of a recording: an instrument, the player's breath, a room, a microphone's noise and level."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound import additive, soundfont
from apvg_core.virtual.sound.capture import PEAK
from apvg_core.virtual.sound.levels import amplitude, rms
from apvg_core.virtual.sound.noises import breath, hiss
from apvg_core.virtual.sound.room import Room, in_room

Timbre = Literal["additive", "soundfont"]

SIGNAL_TO_NOISE = 26.0
"""Decibels between music and noise, at least."""


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
    by_soundfont = timbre == "soundfont"
    dry = soundfont.synthesise(playing, path) if by_soundfont else additive.synthesise(playing, rng)
    dry = dry / rms(dry)
    heard = in_room(rng, Room.studio(rng), dry + 6 * breath(rng, playing.score))
    level = rng.uniform(-30, -12)
    quiet = min(rng.uniform(-70, -45), level - SIGNAL_TO_NOISE)
    sound = amplitude(level) / rms(heard) * heard + amplitude(quiet) * hiss(rng, len(dry))
    return (sound * min(1.0, PEAK / np.max(np.abs(sound)))).astype(np.float32)
