"""Expression of a musician's body, whatever the instrument: ready, breathing, nodding, leaning.

Every curve follows from what can be heard, and nothing is random. Times are in seconds, [shape=(n,)].
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from apvg_core.virtual.music.paths import Array, Move, Path, eased, smoothed
from apvg_core.virtual.music.score import RANGES, Score
from apvg_core.virtual.music.timeline import Timeline

RATE = 100
"""Values a second of the curves that are smoothed."""

SHORT_REST = 0.5
"""Seconds of rest through which a player stays ready."""

INHALE = 0.4
"""Seconds."""

NOD = 0.09
"""Seconds from an accent to the bottom of the nod."""

BLINK = 0.16
"""Seconds."""


@dataclass(frozen=True)
class Expression:
    """Curves over time that the bodies of both instruments share.

    Attributes:
        score: The music.
        loudness: Loudness of what sounds, 0 to 1, at times [shape=(n,)].
    """

    score: Score
    loudness: Callable[[Array], Array]

    def playing(self, times: Array) -> Array:
        """Readiness to play [shape=(n,)], 0 at rest, 1: up before a phrase, down in longer rests."""
        return self._ready.at(times)

    def breath(self, times: Array) -> Array:
        """Fill of the lungs, 0 to 1: filled before a phrase, emptied through it."""
        return self._lungs.at(times)

    def beat(self, times: Array) -> Array:
        """A smooth cycle a beat [shape=(n,)], −1 on it, +1 between two; smaller on weak ones, 0 at rest."""
        beats = self.score.beats
        strength = np.where(np.isin(beats, self.score.downbeats), 1.0, 0.6)
        phase = np.interp(times, beats, np.arange(len(beats)))
        return -np.cos(2 * np.pi * phase) * np.interp(times, beats, strength) * self.playing(times)

    def accent(self, times: Array) -> Array:
        """Nods after what is struck on a beat or louder than before [shape=(n,)], 0 to 1 by loudness."""
        line, impulses = Timeline(self.score.notes), self._impulses
        k, nod = line.now(times), np.zeros(np.shape(times))
        # Nods are over within the time of a few quick notes.
        for back in range(6):
            j = np.maximum(k - back, 0)
            age = np.maximum(times - line.onsets[j], 0) / NOD
            nod = np.maximum(nod, impulses[j] * (age * np.exp(1 - age)) ** 2)
        return nod

    def lean(self, times: Array) -> Array:
        """Height of the music, −1 to 1 over the instrument's usual range; 0 at rest."""
        return np.interp(times, self._grid, self._lean)

    def swell(self, times: Array) -> Array:
        """Loudness of the music, 0 to 1, smoothed."""
        return np.interp(times, self._grid, self._swell)

    def blink(self, times: Array) -> Array:
        """Blinks [shape=(n,)], 1 with closed eyes: just after a phrase, and in the middle of a long rest."""
        spans = self.score.phrases
        rests = spans[1:, 0] - spans[:-1, 1]
        moments = np.sort(np.concatenate([spans[:, 1] + 0.1, (spans[:-1, 1] + rests / 2)[rests > 1.6]]))
        after = np.clip(np.searchsorted(moments, times), 0, len(moments) - 1)
        nearest = np.minimum(
            np.abs(times - moments[after]), np.abs(times - moments[np.maximum(after - 1, 0)])
        )
        return eased(1.5 - 3 * nearest / BLINK)

    @cached_property
    def _grid(self) -> Array:
        return np.arange(0, self.score.seconds + 1 / RATE, 1 / RATE)

    @cached_property
    def _ready(self) -> Path:
        moves, last = list[Move](), -np.inf
        for onset, end in self.score.phrases:
            if onset - last > SHORT_REST:
                if np.isfinite(last):
                    moves.append(Move(last, min(last + 0.5, onset - 0.25), 0))
                moves.append(Move(onset - 0.25, onset, 1))
            last = end
        return Path.of(0, [*moves, Move(last, last + 0.5, 0)])

    @cached_property
    def _lungs(self) -> Path:
        moves, last = list[Move](), -np.inf
        for onset, end in self.score.phrases:
            moves.append(Move(max(last, onset - INHALE), onset, 1))
            moves.append(Move(onset, end, 0.1, ramp=0.1))
            last = end
        return Path.of(0.1, moves)

    @cached_property
    def _impulses(self) -> Array:
        """Strength of the nod to every note [shape=(notes,), 0 to 1]."""
        notes, beats = self.score.notes, self.score.beats
        before = [notes[0].loudness, *(note.loudness for note in notes[:-1])]
        return np.array(
            [
                np.clip(1.3 * note.loudness - 0.2, 0, 1)
                * (not note.slurred)
                * (bool(np.any(np.abs(beats - note.onset) < 0.03)) or note.loudness > last + 0.08)
                for note, last in zip(notes, before, strict=True)
            ]
        )

    @cached_property
    def _lean(self) -> Array:
        low, high, _ = RANGES[self.score.instrument]
        line = Timeline(self.score.notes)
        # From the middle of a gap on, the note to come counts: a phrase begins and ends in its own place.
        k = np.searchsorted((line.ends[:-1] + line.onsets[1:]) / 2, self._grid)
        pitches = np.array([note.pitch for note in self.score.notes])[k]
        share = np.clip((pitches - (low + high) / 2) / ((high - low) / 2), -1, 1)
        return smoothed(share, 0.35, RATE) * self.playing(self._grid)

    @cached_property
    def _swell(self) -> Array:
        return smoothed(self.loudness(self._grid), 0.5, RATE)
