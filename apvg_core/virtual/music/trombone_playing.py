"""Playing the trombone: from notes to the slide.

The tube sounds the harmonic series of B-flat 1; seven positions of the slide lower it by a semitone each.
Positions are real numbers from 1: what lies between two whole ones is as good as any.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from apvg_core.virtual.music.interpretation import AS_FILMED, Interpretation
from apvg_core.virtual.music.paths import Array, Move, Path
from apvg_core.virtual.music.score import Note, Score
from apvg_core.virtual.music.timeline import Timeline, glissando, travel

FUNDAMENTAL = 34
"""B-flat 1 (58.27 Hz), the first partial in first position."""

TUBE = 2.74
"""Metres of tube in first position."""

PARTIALS = range(2, 11)
FAST = 0.17
"""Seconds from onset to onset below which a note, its neighbours too, may take an alternate position."""

VIBRATO_RATE = 5.2
VIBRATO_DEPTH = 0.14
"""Vibrato by the slide, outwards only: hertz, and semitones from end to end (about a centimetre)."""


def position_of(pitch: float, partial: int) -> float:
    """Slide position for a pitch (MIDI number) as the n-th partial; the slide has positions 1 to 7."""
    return float(1 + FUNDAMENTAL + 12 * np.log2(partial) - pitch)


def displacement(position: Array) -> Array:
    """Compute the metres that the slide is out at positions of any shape.

    They are half of what the tube is longer, as the slide has two legs.
    """
    return TUBE / 2 * (2 ** ((position - 1) / 12) - 1)


def _reaches(pitch: float, partial: int) -> bool:
    """Return True if the slide has the note; lips make up for a sixth of a semitone at either end."""
    return 1 - 1 / 6 <= position_of(pitch, partial) <= 7 + 1 / 6


def usual_partial(pitch: int) -> int:
    """The partial a note is usually played on: the lowest that reaches it, whose position is the nearest."""
    return next(n for n in PARTIALS if _reaches(pitch, n))


def _clipped(pitch: float, partial: int) -> float:
    return float(np.clip(position_of(pitch, partial), 1, 7))


def _alternate_partial(pitch: int, before: float) -> int:
    """Choose of the partials 4 to 9 that reach a note the one whose position is nearest to `before`."""
    choices = [n for n in range(4, 10) if _reaches(pitch, n)] or [usual_partial(pitch)]
    return min(choices, key=lambda n: abs(_clipped(pitch, n) - before))


def _fast(notes: tuple[Note, ...], k: int) -> bool:
    """Return True if note k lies within a fast passage."""
    return 0 < k < len(notes) - 2 and all(
        notes[i + 1].onset - notes[i].onset < FAST for i in range(k - 1, k + 2)
    )


def choose_partials(notes: tuple[Note, ...]) -> tuple[int, ...]:
    """The partial of every note: the usual one, but in fast passages."""
    partials: list[int] = []
    for k, note in enumerate(notes):
        if _fast(notes, k):
            partials.append(_alternate_partial(note.pitch, _clipped(notes[k - 1].pitch, partials[-1])))
        else:
            partials.append(usual_partial(note.pitch))
    return tuple(partials)


def _glides(notes: tuple[Note, ...], k: int) -> bool:
    """Return True if note k is reached by a glissando: written so, and both notes on one partial."""
    return notes[k].glide and usual_partial(notes[k - 1].pitch) == usual_partial(notes[k].pitch)


@dataclass(frozen=True)
class TrombonePlaying:
    """A score as a trombonist plays it. Methods take times [shape=(n,)] in seconds and return as many values.

    Attributes:
        score: The music; `glide` is left only where the slide can do it.
        partials: Partial of every note.
        positions: Position of the slide at every note, 1 to 7.
        slide: The position over time, without vibrato.
        tone: The pitch over time, without vibrato.
        interpretation: How it is played on that day.
    """

    score: Score
    partials: tuple[int, ...]
    positions: tuple[float, ...]
    slide: Path
    tone: Path
    interpretation: Interpretation = AS_FILMED

    @cached_property
    def timeline(self) -> Timeline:
        """The notes, to be looked up by time."""
        return Timeline(self.score.notes)

    def position(self, times: Array) -> Array:
        """Position of the slide at `times` (n,) [shape=(n,)], 1 to 7; vibrato reaches a little beyond."""
        return self.slide.at(times) + self._waver(times)

    def pitch(self, times: Array) -> Array:
        """The pitch that sounds (MIDI, a real number); in silence, that of the last note."""
        return self.tone.at(times) - self._waver(times) + self.interpretation.tuning

    def loudness(self, times: Array) -> Array:
        """Loudness of what sounds at `times` (n,) [shape=(n,)], 0 (silence) to 1."""
        line, way = self.timeline, self.interpretation
        return np.clip(line.level(times) * line.gate(times, 0.035 * way.attack, 0.05 * way.release), 0, 1)

    def truth(self) -> list[dict[str, float | int | bool]]:
        """Every note with how it is played, ready for JSON; seconds, MIDI numbers, positions."""
        return [
            {
                "onset": round(note.onset, 4),
                "duration": round(note.duration, 4),
                "pitch": note.pitch,
                "loudness": round(note.loudness, 3),
                "slurred": note.slurred,
                "glide": note.glide,
                "phrase": note.phrase,
                "position": round(position, 3),
                "partial": partial,
            }
            for note, position, partial in zip(self.score.notes, self.positions, self.partials, strict=True)
        ]

    def _waver(self, times: Array) -> Array:
        """Semitones that the vibrato has the slide further out."""
        line = self.timeline
        depth = VIBRATO_DEPTH * self.interpretation.vibrato
        # At the very end of the slide there is nothing to waver into.
        near = np.array(self.positions)[line.now(times)] < 7 - depth
        rate = VIBRATO_RATE * self.interpretation.rate
        phase = 2 * np.pi * rate * np.maximum(line.age(times) - 0.4, 0)
        return depth * near * line.warmth(times, 0.4) * (1 - np.cos(phase)) / 2


def _tone(notes: tuple[Note, ...]) -> Path:
    """The pitch over time: at once from note to note, but for slurs (30 ms) and glissandi (as the slide)."""
    moves = []
    for k, note in enumerate(notes):
        if note.glide:
            moves.append(glissando(notes[k - 1], note, note.pitch))
        elif note.slurred:
            moves.append(Move(note.onset - 0.01, note.onset + 0.02, note.pitch))
        else:
            moves.append(Move(note.onset - 0.005, note.onset, note.pitch))
    return Path.of(notes[0].pitch, moves)


def play(score: Score, interpretation: Interpretation = AS_FILMED) -> TrombonePlaying:
    """Decide how a score is played."""
    notes = tuple(replace(note, glide=_glides(score.notes, k)) for k, note in enumerate(score.notes))
    partials = choose_partials(notes)
    positions = tuple(_clipped(note.pitch, n) for note, n in zip(notes, partials, strict=True))
    return TrombonePlaying(
        score=replace(score, notes=notes),
        partials=partials,
        positions=positions,
        slide=travel(notes, positions, home=1.0, seconds=0.11),
        tone=_tone(notes),
        interpretation=interpretation,
    )
