"""The sound of both instruments by FluidSynth: from recordings of real instruments, bent to the notes.

A MIDI file is written note by note, with the pitch and the loudness of the playing as fine controls.
"""

import io
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from mido import Message, MetaMessage, MidiFile, MidiTrack

from apvg_core.errors import DependencyError
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.score import Score
from apvg_core.virtual.music.trombone_playing import TrombonePlaying

SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/soundfonts/FluidR3_GM.sf2"),
    Path("/usr/local/share/soundfonts/FluidR3_GM.sf2"),
)
"""Paths at which distributions put the MIT-licensed FluidR3."""

PROGRAMS = {"trombone": 57, "cello": 42}
"""General MIDI, counted from 0."""

LEAD = {"trombone": 0.042, "cello": 0.085}
"""Seconds that the samples take to set in; notes are sent so much earlier, with the volume still shut."""

OVERLAP = 0.03
"""Seconds that a note may be sent before the one before it has ended."""

BEND_RANGE = 12
"""Semitones of a full pitch bend, to either side."""

STEP = 0.005
"""Seconds between two values of a control."""

Timed = tuple[int, int, Message | MetaMessage]
"""Milliseconds, order among messages of one time, the message."""


def find_soundfont(explicit: Path | None = None) -> Path | None:
    """The soundfont to use: the one that is asked for, or FluidR3 where it is installed, or None."""
    places = SOUNDFONTS if explicit is None else (explicit,)
    return next((place for place in places if place.is_file()), None)


def is_soundfont(path: Path) -> bool:
    """Return True if a file begins as a soundfont; FluidSynth silently replaces any other by its own."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"


def available(explicit: Path | None = None) -> bool:
    """Return True if FluidSynth and a soundfont for it are installed."""
    return shutil.which("fluidsynth") is not None and find_soundfont(explicit) is not None


@dataclass(frozen=True)
class _Key:
    """A key to press: `sent` a little before its `onset` (seconds). A glissando is one key, bent."""

    sent: float
    onset: float
    end: float
    pitch: int


def _keys(score: Score) -> list[_Key]:
    keys: list[_Key] = []
    for note in score.notes:
        if note.glide:
            keys[-1] = replace(keys[-1], end=note.end)
            continue
        silent = note.onset - keys[-1].end if keys else note.onset
        lead = min(LEAD[score.instrument], silent + OVERLAP)
        keys.append(_Key(max(note.onset - lead, 0), note.onset, note.end, note.pitch))
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
    bends = np.clip(np.round(8192 + 8192 * offsets / BEND_RANGE), 0, 16383).astype(int)
    messages: list[Timed] = []
    for row, make in ((volumes, _volume), (bends, _bend)):
        changed = np.flatnonzero(np.diff(row, prepend=-1))
        messages.extend((round(1000 * times[i]), 1, make(int(row[i]))) for i in changed)
    return messages


def _volume(value: int) -> Message:
    return Message("control_change", control=11, value=value)


def _bend(value: int) -> Message:
    return Message("pitchwheel", pitch=value - 8192)


def midi_file(playing: TrombonePlaying | CelloPlaying) -> bytes:
    """A MIDI file, one tick a millisecond, that sounds as the playing does."""
    keys = _keys(playing.score)
    # Registered parameter 0 is the range of the pitch bend.
    controls = ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0), (7, 127))
    messages: list[Timed] = [
        (0, 0, MetaMessage("set_tempo", tempo=1_000_000)),  # a beat is a second of 1000 ticks
        (0, 0, Message("program_change", program=PROGRAMS[playing.score.instrument])),
        *((0, 0, Message("control_change", control=number, value=value)) for number, value in controls),
        *_curves(playing, keys),
    ]
    for k, key in enumerate(keys):
        free = keys[k + 1].sent if k + 1 < len(keys) else np.inf
        on, off = round(1000 * key.sent), round(1000 * min(key.end, free))
        messages.append((on, 2, Message("note_on", note=key.pitch, velocity=100)))
        messages.append((off, 0, Message("note_off", note=key.pitch, velocity=0)))
    messages.append((round(1000 * playing.score.seconds) + 500, 3, MetaMessage("end_of_track")))
    track, last = MidiTrack(), 0
    # The sort is stable: what the range of the bend is made of stays in its order.
    for ticks, _, message in sorted(messages, key=lambda message: message[:2]):
        track.append(message.copy(time=ticks - last))
        last = ticks
    data = io.BytesIO()
    MidiFile(type=0, ticks_per_beat=1000, tracks=[track]).save(file=data)
    return data.getvalue()


def synthesise(playing: TrombonePlaying | CelloPlaying, explicit: Path | None = None) -> Array:
    """The sound, dry [shape=(samples,), 44.1 kHz], a full note about 1 in amplitude.

    Args:
        playing: The playing to hear.
        explicit: A General MIDI soundfont (sf2); None looks for FluidR3 where distributions put it.
    """
    program, soundfont = shutil.which("fluidsynth"), find_soundfont(explicit)
    if program is None or soundfont is None:
        missing = "FluidSynth" if program is None else f"the soundfont {explicit or SOUNDFONTS[0].name}"
        raise DependencyError(
            f"{missing} is missing; `apt-get install fluidsynth fluid-soundfont-gm` has it."
        )
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write_bytes(midi_file(playing))
        options = ["-n", "-i", "-q", "-R", "0", "-C", "0", "-g", "0.8", "-r", str(SAMPLE_RATE), "-O", "s16"]
        command = [program, *options, "-T", "wav", "-F", str(sound), str(soundfont), str(score)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # no shell, fixed options
        with wave.open(str(sound)) as file:
            frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    samples = round(playing.score.seconds * SAMPLE_RATE)
    mono = frames.mean(axis=1)[:samples]
    loudest = np.percentile(np.abs(mono), 99.9) or 1.0
    return np.pad(mono / loudest, (0, samples - len(mono)))
