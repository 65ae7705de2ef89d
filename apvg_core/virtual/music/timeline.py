"""Timing of notes that both instruments share: when to move, how a note sets in, when vibrato warms it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.music.paths import Array, Move, Path, eased
from apvg_core.virtual.music.score import Note

LONG_REST = 0.8
"""Seconds of rest in which a hand goes home; in a shorter one it stays where it is."""

HOMEWARD = 0.5
"""Seconds after a phrase in which it gets there."""

READY = 0.3
"""Seconds before a phrase in which it goes to the first note."""


def glissando(last: Note, note: Note, target: float) -> Move:
    """The slow move to a note through most of the one before it."""
    return Move(last.onset + 0.3 * last.duration, note.onset, target, ramp=0.3)


def travel(notes: Sequence[Note], targets: Sequence[float], home: float, seconds: float) -> Path:
    """The path of a hand that is at its target when a note begins, and at `home` in long rests.

    Args:
        notes: (n,) the music.
        targets: (n,) a position for each note.
        home: The position to rest at.
        seconds: How long a move takes at most. A struck note is waited for, a slurred one is moved through,
            and a glissando takes most of the note before.
    """
    moves = []
    for k, (note, target) in enumerate(zip(notes, targets, strict=True)):
        last = notes[k - 1] if k else None
        if last is None or note.onset - last.end > LONG_REST:
            if last is not None:
                moves.append(Move(last.end + 0.05, last.end + HOMEWARD, home))
            moves.append(Move(note.onset - READY, note.onset - 0.02, target))
        elif note.glide:
            moves.append(glissando(last, note, target))
        elif note.slurred:
            moves.append(Move(note.onset - 0.6 * seconds, note.onset + 0.4 * seconds, target))
        else:
            start = min(last.end - 0.02, note.onset - 0.6 * seconds)
            moves.append(Move(max(note.onset - seconds, start), note.onset, target))
    if notes:
        moves.append(Move(notes[-1].end + 0.05, notes[-1].end + HOMEWARD, home))
    return Path.of(home, moves)


@dataclass(frozen=True)
class Timeline:
    """Notes that are looked up by time."""

    notes: tuple[Note, ...]

    @cached_property
    def onsets(self) -> Array:
        """Onset of every note [shape=(n,), seconds]."""
        return np.array([note.onset for note in self.notes])

    @cached_property
    def ends(self) -> Array:
        """End of every note [shape=(n,), seconds]."""
        return np.array([note.end for note in self.notes])

    @cached_property
    def slurred(self) -> npt.NDArray[np.bool_]:
        """True where a note is joined to the one before it [shape=(n + 1,)]; the last entry is False."""
        return np.array([*(note.slurred for note in self.notes), False])

    def now(self, times: Array) -> npt.NDArray[np.int64]:
        """Find the last note that has begun [shape=(m,)]; the first one before it has."""
        return np.maximum(np.searchsorted(self.onsets, times, side="right") - 1, 0)

    def sounding(self, times: Array) -> npt.NDArray[np.bool_]:
        """True where a note sounds."""
        k = self.now(times)
        return (times >= self.onsets[k]) & (times < self.ends[k])

    def gate(self, times: Array, attack: float, release: float) -> Array:
        """Compute the gate [shape=(m,)], 0 in silence, 1 in notes, with `attack` and `release` in seconds.

        Slurred notes are one in this. All of it lies between onset and end.
        """
        k = self.now(times)
        length = self.ends[k] - self.onsets[k]
        rise = eased((times - self.onsets[k]) / np.minimum(attack, 0.4 * length))
        fall = eased((self.ends[k] - times) / np.minimum(release, 0.4 * length))
        gate = np.where(self.slurred[k], 1, rise) * np.where(self.slurred[k + 1], 1, fall)
        return np.where(self.sounding(times), gate, 0)

    def level(self, times: Array) -> Array:
        """Compute loudness without attack and end [shape=(m,)]; notes begin strongest, long ones swell."""
        steps = [Move(note.onset - 0.01, note.onset + 0.03, note.loudness) for note in self.notes]
        k = self.now(times)
        age, length = np.maximum(times - self.onsets[k], 0), self.ends[k] - self.onsets[k]
        loudness = Path.of(self.notes[0].loudness, steps).at(times)
        # Only what is held for a second or more has the time to swell, and only what is not loud yet.
        room = 0.4 * (1 - loudness) * np.clip(length - 0.8, 0, 1)
        swell = room * np.sin(np.pi * np.clip(age / length, 0, 1)) ** 2
        fresh = 0.12 * eased(age / 0.02) * np.exp(-age / 0.1)
        return loudness * (0.88 + fresh + swell)

    def warmth(self, times: Array, delay: float) -> Array:
        """Amount of vibrato, 0 to 1: none for `delay` seconds, and none at its end."""
        k = self.now(times)
        rise = eased((times - self.onsets[k] - delay) / 0.3)
        fall = eased((self.ends[k] - 0.04 - times) / 0.12)
        return np.where(self.ends[k] - self.onsets[k] > delay + 0.3, rise * fall, 0)

    def age(self, times: Array) -> Array:
        """Compute the seconds since the last onset [shape=(m,)]; negative before the first."""
        return times - self.onsets[self.now(times)]
