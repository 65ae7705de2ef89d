"""The sound of both instruments by FluidSynth: from recordings of real instruments, bent to the notes.

A MIDI file is written note by note, with the pitch and the loudness of the playing as fine controls.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from mido import Message

from apvg_core.errors import DependencyError
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.score import Score
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound.fluidsynth import (
    FLUID,
    Timed,
    bent,
    find_soundfont,
    installed,
    lead,
    midi_file,
    play,
    set_up,
)

PROGRAMS: Final = {"trombone": 57, "cello": 42}
"""General MIDI, counted from 0."""

OVERLAP: Final = 0.03
"""Seconds that a note may be sent before the one before it has ended."""

SLUR: Final = 4
"""Semitones to which a key is bent rather than that another is pressed, which would sound struck."""

STEP: Final = 0.005
"""Seconds between two values of a control."""


@dataclass(frozen=True)
class _Key:
    """A key to press: `sent` a little before its `onset` (seconds). A slur to a near note bends it."""

    sent: float
    onset: float
    end: float
    pitch: int


def _keys(score: Score, early: float) -> list[_Key]:
    """The keys, each `early` seconds before its note, as its sound takes that long to set in."""
    keys: list[_Key] = []
    for note in score.notes:
        if note.glide or (note.slurred and abs(note.pitch - keys[-1].pitch) <= SLUR):
            keys[-1] = replace(keys[-1], end=note.end)
            continue
        silent = note.onset - keys[-1].end if keys else note.onset
        sent = max(note.onset - min(early, silent + OVERLAP), 0)
        keys.append(_Key(sent, note.onset, note.end, note.pitch))
    return keys


def _curves(playing: TrombonePlaying | CelloPlaying, keys: list[_Key]) -> list[Timed]:
    """Volume and pitch bend every few milliseconds, where they change."""
    times = np.arange(0, playing.score.seconds, STEP)
    # FluidSynth's volume is the square of the controller's value.
    volumes = np.round(127 * np.clip(playing.loudness(times), 0, 1) ** 0.75).astype(int)
    # The bend changes with the key, and so ahead of the onset, to what it will be there.
    sent, onsets, pitches = np.array([(key.sent, key.onset, key.pitch) for key in keys]).T
    k = np.maximum(np.searchsorted(sent, times, side="right") - 1, 0)
    offsets = playing.pitch(np.maximum(times, onsets[k])) - pitches[k]
    bends = [bent(0, offset) for offset in offsets]
    wheel = np.array([bend.pitch for bend in bends])
    messages: list[Timed] = []
    for i in np.flatnonzero(np.diff(volumes, prepend=-1)):
        control = Message("control_change", control=11, value=int(volumes[i]))
        messages.append((round(1000 * times[i]), 1, control))
    messages.extend(
        (round(1000 * times[i]), 1, bends[i]) for i in np.flatnonzero(np.diff(wheel, prepend=1 << 14))
    )
    return messages


def solo(playing: TrombonePlaying | CelloPlaying, program: int, early: float = 0.0) -> bytes:
    """A MIDI file that sounds as the playing does.

    Args:
        playing: The playing.
        program: The instrument, General MIDI from 0.
        early: Seconds that the instrument takes to set in.
    """
    keys = _keys(playing.score, early)
    messages = [*set_up(0, program), *_curves(playing, keys)]
    for k, key in enumerate(keys):
        free = keys[k + 1].sent if k + 1 < len(keys) else np.inf
        on, off = round(1000 * key.sent), round(1000 * min(key.end, free))
        messages.append((on, 2, Message("note_on", note=key.pitch, velocity=100)))
        messages.append((off, 0, Message("note_off", note=key.pitch, velocity=0)))
    return midi_file(messages, playing.score.seconds)


def synthesise(
    playing: TrombonePlaying | CelloPlaying,
    explicit: Path | None = None,
    program: int | None = None,
    begun: float = 0.5,
) -> Array:
    """The sound, dry [shape=(samples,), 44.1 kHz], a full note about 1 in amplitude.

    Args:
        playing: The playing to hear.
        explicit: A General MIDI soundfont (sf2, sf3); None looks for FluidR3 where distributions put it.
        program: Another instrument that plays the notes, General MIDI from 0; None is the playing's own.
        begun: Share of its level that a note has reached at its onset; what is before it is not heard.
    """
    font = find_soundfont(explicit)
    if not installed() or font is None:
        missing = f"the soundfont {explicit or FLUID}" if installed() else "FluidSynth"
        raise DependencyError(
            f"{missing} is missing; `apt-get install fluidsynth fluid-soundfont-gm` has it."
        )
    program = PROGRAMS[playing.score.instrument] if program is None else program
    sound = play(solo(playing, program, lead(font, program, begun)), font, playing.score.seconds)
    assert len(sound) == round(playing.score.seconds * SAMPLE_RATE)
    return sound / (np.percentile(np.abs(sound), 99.9) or 1.0)
