"""Recorded single notes: read from a folder, tuned, trimmed to their onset, evened out, ready to be held.

The pitch stands in the file's name ("C#3", "Cs3", "Bb2 soft"); what is heard decides how far it is off.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from scipy.signal import butter, sosfilt

from apvg_core.errors import ConfigError
from apvg_core.units import SAMPLE_RATE

Floats = npt.NDArray[np.float32]

SUFFIXES: Final = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff"})
NAME: Final = re.compile(r"([A-G])(s|#|b|f)?(-?\d)(?![0-9A-Za-z])")
CLASSES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

HOP: Final = 220
"""Samples between two values of a note's level (5 ms)."""

ONSET: Final = 0.05
"""A note has begun where its level reaches this share of its loudest."""

ATTACK: Final = 0.12
"""Seconds in which a note sets in at most; what changes in level after them is evened out."""

SWELLS: Final = 0.2
"""Seconds in which a note must have reached half its level; what takes longer is left out."""

LONGEST: Final = 3.0
"""Seconds of a note that are kept."""

SHORTEST: Final = 0.35
"""Seconds that a note sounds at least, or it cannot be held."""

CROSSFADE: Final = 0.06
"""Seconds over which the end of the held part goes over into its beginning."""

OFF: Final = 1.3
"""Semitones that a note may be from its name."""

OCTAVE_OFF: Final = 0.5
"""The same for one that is named an octave off."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A recorded note. It can be held for as long as wanted: after `end` it goes on at `start`.

    Attributes:
        pitch: MIDI number, measured.
        sound: The note from its onset on, about 0.1 in RMS [shape=(samples,)].
        start: Sample at which the held part begins; its attack is over.
        end: Sample at which it ends.
    """

    pitch: float
    sound: Floats
    start: int
    end: int


@lru_cache(maxsize=16)
def read_samples(folder: Path) -> tuple[Sample, ...]:
    """Read all notes of a folder, the lowest first; those that cannot be held or tuned are left out.

    Raises:
        ConfigError: A file cannot be read, or nothing is left.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    samples = [sample for path in paths if (sample := _sample(path)) is not None]
    if not samples:
        raise ConfigError(f"{folder} holds no single notes; name them by their pitch, such as C#3.wav.")
    return tuple(sorted(samples, key=lambda sample: sample.pitch))


def named_pitch(name: str) -> int | None:
    """The pitch (MIDI number) in a file's name, or None: "A4" is 69, "Cs3 soft" 49."""
    found = NAME.search(name)
    if found is None:
        return None
    letter, sign, octave = found.groups()
    return 12 * (int(octave) + 1) + CLASSES[letter] + {"s": 1, "#": 1, "b": -1, "f": -1}.get(sign, 0)


def _sample(path: Path) -> Sample | None:
    name = named_pitch(path.stem)
    if name is None:
        return None
    sound = _note(_read(path))
    if len(sound) < SHORTEST * SAMPLE_RATE:
        return None
    start = round(min(ATTACK, 0.3 * len(sound) / SAMPLE_RATE) * SAMPLE_RATE)
    even = _evened(sound, start)
    pitch = _pitch(even[start:], name)
    if pitch is None:
        return None
    rumble = butter(2, 0.6 * _hertz(pitch), "highpass", fs=SAMPLE_RATE, output="sos")
    return _held(pitch, sosfilt(rumble, even).astype(np.float32), start)


def _note(sound: Floats) -> Floats:
    """The note from its onset on, as long as it is kept and sounds; empty where there is none.

    One that swells for long, as no struck note does, begins where it has swollen.
    """
    level = _level(sound)
    if not level.any():
        return sound[:0]
    first = int(np.argmax(level > ONSET * level.max()))
    kept = level[first : first + round((LONGEST + SWELLS) * SAMPLE_RATE / HOP)]
    loudest = np.percentile(kept, 90)
    first += int(np.argmax(kept > ONSET * loudest))
    swollen = int(np.argmax(level[first:] > 0.5 * loudest))
    swells = swollen * HOP > SWELLS * SAMPLE_RATE
    first += swollen if swells else 0
    rest = level[first : first + round(LONGEST * SAMPLE_RATE / HOP)]
    last = len(rest) - int(np.argmax(rest[::-1] > 0.4 * loudest))
    note = sound[first * HOP : (first + last) * HOP].copy()
    if swells:
        note[: 4 * HOP] *= np.linspace(0, 1, 4 * HOP, dtype=np.float32)[: len(note)]
    return note


def _read(path: Path) -> Floats:
    try:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise ConfigError(
            f"{path} cannot be read as sound; remove it from the folder of --sounds."
        ) from error
    mono = sound.mean(axis=1)
    return mono if rate == SAMPLE_RATE else soxr.resample(mono, rate, SAMPLE_RATE)


def _level(sound: Floats) -> npt.NDArray[np.float64]:
    """The level every `HOP` samples [shape=(n,)]."""
    whole = sound[: len(sound) // HOP * HOP].reshape(-1, HOP)
    return np.sqrt(np.mean(np.square(whole, dtype=np.float64), axis=1))


def _evened(sound: Floats, start: int) -> Floats:
    """The note at an even level from `start` on; before, its attack as it is."""
    level = _level(sound)
    window = np.hanning(31)
    smooth = np.convolve(np.pad(level, 15, mode="edge"), window / window.sum(), mode="valid")
    smooth[: start // HOP] = smooth[start // HOP]
    gain = 0.1 / np.maximum(smooth, 0.25 * smooth.max())
    return (sound * np.interp(np.arange(len(sound)), np.arange(len(gain)) * HOP, gain)).astype(np.float32)


def _pitch(sound: Floats, name: int) -> float | None:
    """The pitch (MIDI) of an even sound near the one it is named by, by YIN; None where it is another."""
    piece = sound[: round(0.8 * SAMPLE_RATE)].astype(np.float64)
    longest = round(SAMPLE_RATE / _hertz(name - 14))
    if len(piece) < 3 * longest:
        return None
    spectrum = np.fft.rfft(piece, 2 * len(piece))
    product = np.fft.irfft(np.abs(spectrum) ** 2)[: longest + 2]
    energy = np.concatenate([[0], np.cumsum(piece**2)])
    lags = np.arange(longest + 2)
    difference = (energy[len(piece) - lags] + energy[-1] - energy[lags] - 2 * product) / (len(piece) - lags)
    ratio = difference[1:] / np.maximum(np.cumsum(difference[1:]) / lags[1:], 1e-12)
    shortest = round(SAMPLE_RATE / _hertz(name + 14))
    deep = shortest + np.flatnonzero(ratio[shortest:-1] < max(0.15, 1.3 * float(ratio[shortest:-1].min())))
    if not len(deep):
        return None
    lag = int(deep[0])
    while lag + 1 < len(ratio) - 1 and ratio[lag + 1] < ratio[lag]:
        lag += 1
    before, here, after = ratio[lag - 1 : lag + 2]
    curve = before - 2 * here + after
    exact = lag + 1 + (0.5 * (before - after) / curve if curve > 0 else 0)
    pitch = 69 + 12 * float(np.log2(SAMPLE_RATE / exact / 440))
    off = abs(pitch - name)
    return pitch if off < OFF or abs(off - 12) < OCTAVE_OFF else None


def _hertz(pitch: float) -> float:
    return float(440 * 2 ** ((pitch - 69) / 12))


def _held(pitch: float, sound: Floats, start: int) -> Sample:
    """Make the end of the held part go over into its beginning, where both are most alike."""
    fade = round(min(CROSSFADE, 0.2 * (len(sound) - start) / SAMPLE_RATE) * SAMPLE_RATE)
    # What comes before `start + fade` is faded in at the end, so that the part can go on there.
    model = sound[start : start + fade].astype(np.float64)
    latest = len(sound) - fade
    earliest = start + fade + (latest - start - fade) // 2
    places = sound[earliest : latest + fade].astype(np.float64)
    size = 1 << (len(places) + fade - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(places, size) * np.conj(np.fft.rfft(model, size)), size)
    product = product[: len(places) - fade + 1]
    energy = np.concatenate([[0], np.cumsum(places**2)])
    alike = product / np.sqrt(np.maximum(energy[fade:] - energy[:-fade], 1e-9))
    end = earliest + int(np.argmax(alike))
    share = np.sin(np.linspace(0, np.pi / 2, fade)) ** 2
    held = sound[: end + fade].copy()
    held[end:] = (1 - share) * sound[end : end + fade] + share * model
    return Sample(pitch, held, start + fade, end + fade)
