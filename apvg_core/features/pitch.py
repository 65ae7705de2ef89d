"""The pitch of one voice over time, by SwiftF0 (Nieradzik 2025, arXiv:2508.18440), from a stream.

Its network brings its weights along, and takes 5 ms of a core for a second of sound. It hears 47 to 2094 Hz,
F#1 to C7.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from apvg_core.errors import DependencyError
from apvg_core.units import SAMPLE_RATE

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

VOICED: Final = 0.5
"""Least confidence of a pitch that counts; to this its authors have calibrated it."""

CLEAR: Final = 0.9
"""Confidence that is hardly ever reached where several voices sound, or between two notes. Of real trombone,
cello and violin alone 0.77 to 0.88 of what sounds has it, with chords 12 dB softer 0.45 to 0.75, equally loud
0.24 to 0.40; of chords or noise alone nothing."""

QUIETEST_DB: Final = -50.0
"""What is below this is silence (dBFS): 30 dB below the loudness that songs are brought to."""

FADED_DB: Final = 12.0
"""What is so far below the loudest of the last `FADING_S` is a room's echo of a note, or its last breath: the
player may be elsewhere by then. Of virtual performers' rests a third has a pitch without this limit, 7 % with
it, and 2 to 4 % of what they play is lost."""

FADING_S: Final = 0.4

_PUSHED: Final = 10 * SAMPLE_RATE
"""Samples that are given to the network at once, at most; its maps grow with them."""


@dataclass(frozen=True, eq=False)
class Pitch:
    """The pitch at the frames of a video.

    Attributes:
        midi: Fractional MIDI number (69 is 440 Hz); a guess where the confidence is low [shape=(n,)].
        confidence: That there is a pitch, and it is right, in [0, 1] [shape=(n,)].
        sounding: True where something sounds, and is not the end of a note in the room [shape=(n,)].
    """

    midi: Values
    confidence: Values
    sounding: Mask

    @property
    def voiced(self) -> Mask:
        """Frames in which a pitch sounds [shape=(n,)]."""
        return self.sounding & (self.confidence >= VOICED)

    @property
    def clear(self) -> Mask:
        """Frames in which hardly anything but the pitch sounds [shape=(n,)]."""
        return self.sounding & (self.confidence >= CLEAR)

    @cached_property
    def tuning(self) -> float:
        """Semitones, in [-0.5, 0.5], by which most notes are above those of a' = 440 Hz: a circular mean."""
        turns = np.exp(2j * np.pi * self.midi[self.voiced])
        return float(np.angle(turns.sum()) / (2 * np.pi))

    @cached_property
    def notes(self) -> Values:
        """MIDI number of the note at each frame, in the recording's own tuning; NaN without [shape=(n,)]."""
        return np.where(self.voiced, np.rint(self.midi - self.tuning), np.nan)


def track_pitch(
    blocks: Iterable[Floats], *, count: int, fps: float, offset: float = 0.0,
    within: tuple[int, int] | None = None,
) -> Pitch:  # fmt: skip
    """Track the pitch of a recording of any length; the values do not depend on how the stream is cut.

    Args:
        blocks: The recording, mono, 44.1 kHz, of normalised loudness [shape=(n,) each].
        count: Number of frames.
        fps: Frames a second.
        offset: Seconds from a frame's time to that at which it is heard.
        within: The lowest and the highest note (MIDI numbers) of the instrument that plays, if it is known:
            the tracker takes a partial for a note now and then, and what is beyond has no confidence.

    Raises:
        DependencyError: swift-f0 is missing.
    """
    tracked = _track(blocks, within)
    width = round(FADING_S / tracked.hop_s)
    before = np.concatenate([np.full(width - 1, -np.inf), tracked.level])
    loudest = sliding_window_view(before, width).max(axis=1)
    sounding = (tracked.level >= QUIETEST_DB) & (tracked.level >= loudest - FADED_DB)
    seconds = np.arange(count) / fps + offset
    hops = np.rint(seconds / tracked.hop_s).astype(int)
    inside = hops.clip(0, len(sounding) - 1)
    near = np.abs(hops - inside) <= 1  # half a window at either end
    return Pitch(tracked.midi[inside], tracked.confidence[inside], sounding[inside] & near)


def tracker_name() -> str:
    """Return name and version of the tracker, for the record; cheap, as nothing is imported.

    Raises:
        DependencyError: It is missing.
    """
    try:
        return f"swift-f0 {metadata.version('swift-f0')}"
    except metadata.PackageNotFoundError as error:
        raise DependencyError(_missing(error)) from error


@dataclass(frozen=True, eq=False)
class _Track:
    """What the tracker gives: every `hop_s` seconds a MIDI number, a confidence and a level in dBFS."""

    hop_s: float
    midi: Values
    confidence: Values
    level: Values


def _track(blocks: Iterable[Floats], within: tuple[int, int] | None) -> _Track:
    swift_f0 = _package()  # which may be missing
    lowest, highest = (None, None) if within is None else (_hertz(within[0] - 0.5), _hertz(within[1] + 0.5))
    stream = _detector().stream(lowest, highest)
    parts = [stream.push(block, SAMPLE_RATE) for block in _cut(blocks)]
    found = swift_f0.concat([*parts, stream.flush()])
    if not len(found.pitch_hz):  # not a single sample
        return _Track(swift_f0.FRAME_PERIOD, np.zeros(1), np.zeros(1), np.full(1, -np.inf))
    midi = 69 + 12 * np.log2(found.pitch_hz / 440)
    return _Track(swift_f0.FRAME_PERIOD, midi, found.confidence, found.loudness_db)


def _hertz(midi: float) -> float:
    return float(440 * 2 ** ((midi - 69) / 12))


def _cut(blocks: Iterable[Floats]) -> Iterator[Floats]:
    for block in blocks:
        for start in range(0, len(block), _PUSHED):
            yield block[start : start + _PUSHED]


@cache
def _detector() -> Any:
    return _package().SwiftF0(threads=1, spin=False)


def _package() -> ModuleType:
    """Import the tracker, with its runtime, where it is used: that takes a fifth of a second.

    Raises:
        DependencyError: It is missing.
    """
    try:
        import swift_f0
    except ImportError as error:
        raise DependencyError(_missing(error)) from error
    return swift_f0


def _missing(error: ImportError) -> str:
    return f"Tracking the pitch needs swift-f0, which cannot be had ({error}); pip install swift-f0."
