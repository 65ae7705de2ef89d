"""The sound of both instruments by FluidSynth: from recordings of real instruments, bent to the notes.

A MIDI file is written note by note, with the pitch and the loudness of the playing as fine controls.
"""

import shutil
import struct
import subprocess
import tempfile
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

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
"""Where distributions put the MIT-licensed FluidR3."""

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

Message = tuple[int, int, bytes]
"""Milliseconds, order among messages of one time, bytes."""


def find_soundfont(explicit: Path | None = None) -> Path | None:
    """The soundfont to use: the one that is asked for, or FluidR3 where it is installed, or None."""
    places = SOUNDFONTS if explicit is None else (explicit,)
    return next((place for place in places if place.is_file()), None)


def is_soundfont(path: Path) -> bool:
    """Whether a file begins as a soundfont does; in place of another, FluidSynth silently takes its own."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"


def available(explicit: Path | None = None) -> bool:
    """Whether `synthesise` has what it needs."""
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


def _control(number: int, value: int) -> bytes:
    return bytes((0xB0, number, value))


def _curves(playing: TrombonePlaying | CelloPlaying, keys: list[_Key]) -> list[Message]:
    """Volume and pitch bend every few milliseconds, where they change."""
    times = np.arange(0, playing.score.seconds, STEP)
    # FluidSynth's volume is the square of the controller's value.
    volumes = np.round(127 * np.clip(playing.loudness(times), 0, 1) ** 0.75).astype(int)
    # The bend changes with the key, and so ahead of the onset, to what it will be there.
    sent, onsets, pitches = np.array([(key.sent, key.onset, key.pitch) for key in keys]).T
    k = np.maximum(np.searchsorted(sent, times, side="right") - 1, 0)
    offsets = playing.pitch(np.maximum(times, onsets[k])) - pitches[k]
    bends = np.clip(np.round(8192 + 8192 * offsets / BEND_RANGE), 0, 16383).astype(int)
    messages: list[Message] = []
    for row, make in ((volumes, _volume), (bends, _bend)):
        changed = np.flatnonzero(np.diff(row, prepend=-1))
        messages.extend((round(1000 * times[i]), 1, make(int(row[i]))) for i in changed)
    return messages


def _volume(value: int) -> bytes:
    return _control(11, value)


def _bend(value: int) -> bytes:
    return bytes((0xE0, value & 127, value >> 7))


def _quantity(number: int) -> bytes:
    """A number as MIDI files write it: seven bits a byte, all but the last with the eighth bit set."""
    groups = [number & 127]
    while number := number >> 7:
        groups.insert(0, (number & 127) | 128)
    return bytes(groups)


def midi_file(playing: TrombonePlaying | CelloPlaying) -> bytes:
    """A MIDI file, one tick a millisecond, that sounds as the playing does."""
    keys = _keys(playing.score)
    messages: list[Message] = [
        (0, 0, b"\xff\x51\x03" + (1_000_000).to_bytes(3, "big")),  # a beat is a second of 1000 ticks
        (0, 0, bytes((0xC0, PROGRAMS[playing.score.instrument]))),
        # Registered parameter 0, the range of the pitch bend.
        *((0, 0, _control(*pair)) for pair in ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0), (7, 127))),
        *_curves(playing, keys),
    ]
    for k, key in enumerate(keys):
        free = keys[k + 1].sent if k + 1 < len(keys) else np.inf
        messages.append((round(1000 * key.sent), 2, bytes((0x90, key.pitch, 100))))
        messages.append((round(1000 * min(key.end, free)), 0, bytes((0x80, key.pitch, 0))))
    messages.append((round(1000 * playing.score.seconds) + 500, 3, b"\xff\x2f\x00"))
    track, last = bytearray(), 0
    # The sort is stable: what the range of the bend is made of stays in its order.
    for ticks, _, message in sorted(messages, key=lambda message: message[:2]):
        track += _quantity(ticks - last) + message
        last = ticks
    return (
        b"MThd" + struct.pack(">LHHH", 6, 0, 1, 1000) + b"MTrk" + struct.pack(">L", len(track)) + bytes(track)
    )


def synthesise(playing: TrombonePlaying | CelloPlaying, explicit: Path | None = None) -> Array:
    """The sound, dry [shape=(samples,), 44.1 kHz], a full note about 1 in amplitude.

    Args:
        playing: What is played.
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
