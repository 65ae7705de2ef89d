"""The sound of an accompaniment, by FluidSynth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mido import Message

from apvg_core.virtual.music.accompaniment import DRUMS, Part
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.sound.fluidsynth import Timed, bent, midi_file, play, set_up

KIT: Final = 9
"""Channel of the drums in General MIDI."""


def midi(parts: Sequence[Part], seconds: float, tuning: float = 0.0) -> bytes:
    """A MIDI file of all parts.

    Args:
        parts: At most fifteen, and drums.
        seconds: Its length.
        tuning: Semitones by which all sounds higher than written.
    """
    messages: list[Timed] = []
    channels = iter(channel for channel in range(16) if channel != KIT)
    for part in parts:
        channel = KIT if part.program == DRUMS else next(channels)
        if channel != KIT:
            messages += [*set_up(channel, part.program), (0, 1, bent(channel, tuning))]
        for tone in part.tones:
            on, off = round(1000 * tone.onset), round(1000 * max(tone.end, tone.onset + 0.02))
            note = {"channel": channel, "note": tone.pitch}
            messages.append((on, 2, Message("note_on", velocity=tone.velocity, **note)))
            messages.append((off, 0, Message("note_off", velocity=0, **note)))
    return midi_file(messages, seconds)


def band(parts: Sequence[Part], font: Path, seconds: float, tuning: float = 0.0) -> Array:
    """Play all parts by a soundfont, dry [shape=(samples,), 44.1 kHz]; the other arguments are `midi`'s."""
    return play(midi(parts, seconds, tuning), font, seconds)
