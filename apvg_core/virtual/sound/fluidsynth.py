"""FluidSynth: MIDI to sound, by soundfonts, which hold recordings of real instruments."""

import io
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from mido import Message, MetaMessage, MidiFile, MidiTrack

from apvg_core.errors import DependencyError
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.paths import Array

PLACES: Final = tuple(
    Path(root, kind)
    for root in ("/usr/share", "/usr/local/share")
    for kind in ("sounds/sf2", "sounds/sf3", "soundfonts")
)
"""Folders in which distributions put soundfonts."""

FLUID: Final = "FluidR3_GM.sf2"
"""The MIT-licensed soundfont of the films."""

BEND_RANGE: Final = 12
"""Semitones of a full pitch bend, to either side."""

Timed = tuple[int, int, Message | MetaMessage]
"""Milliseconds, order among messages of one time, the message."""

LONGEST_LEAD: Final = 0.15
"""Seconds that an instrument takes to set in, at most."""


def find_soundfont(explicit: Path | None = None) -> Path | None:
    """The films' soundfont: the one that is asked for, or FluidR3 where it is installed, or None."""
    places = tuple(place / FLUID for place in PLACES) if explicit is None else (explicit,)
    return next((place for place in places if place.is_file()), None)


def find_soundfonts(more: Path | None = None) -> tuple[Path, ...]:
    """All soundfonts of distributions and of a folder, each once whatever its names, by name."""
    folders = [*PLACES, *([more] if more else [])]
    found = [
        path.resolve() for folder in folders for kind in ("*.sf2", "*.sf3") for path in folder.glob(kind)
    ]
    fonts = {path for path in found if path.is_file() and is_soundfont(path)}
    return tuple(sorted(fonts, key=lambda path: (path.name, str(path))))


def is_soundfont(path: Path) -> bool:
    """Return True if a file begins as a soundfont; FluidSynth silently replaces any other by its own."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"sfbk"


def installed() -> bool:
    """Return True if FluidSynth is."""
    return shutil.which("fluidsynth") is not None


def available(explicit: Path | None = None) -> bool:
    """Return True if FluidSynth and the films' soundfont are installed."""
    return installed() and find_soundfont(explicit) is not None


def set_up(channel: int, program: int) -> list[Timed]:
    """The messages by which a channel begins: its instrument, full volume, the range of the pitch bend."""
    # Registered parameter 0 is the range of the pitch bend.
    controls = ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0), (7, 127))
    return [
        (0, 0, Message("program_change", channel=channel, program=program)),
        *((0, 0, Message("control_change", channel=channel, control=c, value=v)) for c, v in controls),
    ]


def bent(channel: int, semitones: float) -> Message:
    """The message that bends a channel's pitch."""
    value = round(8192 * semitones / BEND_RANGE)
    return Message("pitchwheel", channel=channel, pitch=int(np.clip(value, -8192, 8191)))


def midi_file(messages: Iterable[Timed], seconds: float) -> bytes:
    """A MIDI file, one tick a millisecond, of messages in any order; it ends 0.5 s after `seconds`."""
    ends = [
        (0, 0, MetaMessage("set_tempo", tempo=1_000_000)),  # a beat is a second of 1000 ticks
        (round(1000 * seconds) + 500, 3, MetaMessage("end_of_track")),
    ]
    track, last = MidiTrack(), 0
    # The sort is stable: what the range of the bend is made of stays in its order.
    for ticks, _, message in sorted([ends[0], *messages, ends[1]], key=lambda message: message[:2]):
        track.append(message.copy(time=ticks - last))
        last = ticks
    data = io.BytesIO()
    MidiFile(type=0, ticks_per_beat=1000, tracks=[track]).save(file=data)
    return data.getvalue()


def play(midi: bytes, font: Path, seconds: float) -> Array:
    """Play a MIDI file, dry [shape=(samples,), 44.1 kHz, mono, within ±1].

    Raises:
        DependencyError: FluidSynth is missing.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        raise DependencyError("FluidSynth is missing; `apt-get install fluidsynth` has it.")
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write_bytes(midi)
        options = ["-n", "-i", "-q", "-R", "0", "-C", "0", "-g", "0.8", "-r", str(SAMPLE_RATE), "-O", "s16"]
        # Of a large font only the instruments that are played are read.
        options += ["-o", "synth.dynamic-sample-loading=1"]
        command = [program, *options, "-T", "wav", "-F", str(sound), str(font), str(score)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # no shell, fixed options
        with wave.open(str(sound)) as file:
            frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    samples = round(seconds * SAMPLE_RATE)
    mono = frames.mean(axis=1)[:samples] / 2**15
    return np.pad(mono, (0, samples - len(mono)))


def lead(font: Path, program: int, share: float = 0.5) -> float:
    """Seconds that an instrument takes to reach a share of its level, the median of some notes."""
    levels = _levels(font, program)
    held = np.median(levels[:, 40:120], axis=1)
    risen = [
        np.argmax(level > share * full) / 200 for level, full in zip(levels, held, strict=True) if full > 0
    ]
    return min(float(np.median(risen)), LONGEST_LEAD) if risen else 0.0


@lru_cache(maxsize=64)
def _levels(font: Path, program: int) -> Array:
    """The level of some notes, every 5 ms from where each is sent [shape=(notes, 200)]."""
    pitches = (41, 46, 50, 55, 60, 65)
    messages = set_up(0, program)
    for k, pitch in enumerate(pitches):
        messages.append((1000 * k, 2, Message("note_on", note=pitch, velocity=100)))
        messages.append((1000 * k + 700, 0, Message("note_off", note=pitch, velocity=0)))
    notes = play(midi_file(messages, len(pitches)), font, len(pitches)).reshape(-1, SAMPLE_RATE)
    step = SAMPLE_RATE // 200
    return np.asarray(np.sqrt(np.mean(notes[:, : 200 * step].reshape(-1, 200, step) ** 2, axis=2)))
