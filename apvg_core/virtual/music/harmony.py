"""Chords that fit a melody: for each bar, or half of one, a triad or seventh chord of the key."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.virtual.music.score import MODES, Note, Passage, Score

FIT: Final = 3.0
"""Weight of the melody beside what usually follows what."""

CLASH: Final = 0.7
"""What a note a semitone from a note of the chord takes away, where one in the chord adds 1."""

FOLLOWS: Final = {5: 0.5, 7: 0.25, 2: 0.2, 9: 0.2, 10: 0.1, 0: -0.1}
"""What a root that many semitones above the one before it adds: up a fourth most."""

SEVENTHS: Final = 0.25
"""Share of chords that have a seventh."""

LONG_BAR: Final = 2.4
"""Seconds; longer bars of four beats mostly have two chords."""


@dataclass(frozen=True)
class Chord:
    """A chord of an accompaniment.

    Attributes:
        start: Seconds, on a beat.
        beat: Seconds of a beat.
        beats: How many beats it lasts.
        downbeat: It begins a bar.
        classes: Pitch classes from the root on: root, third, fifth, perhaps a seventh.
    """

    start: float
    beat: float
    beats: int
    downbeat: bool
    classes: tuple[int, ...]

    @property
    def end(self) -> float:
        """Seconds."""
        return self.start + self.beats * self.beat


def harmonise(score: Score, rng: np.random.Generator) -> tuple[Chord, ...]:
    """Find the chords of a score, up to its end; also where the melody rests."""
    chords: list[Chord] = []
    for passage in score.passages:
        chords.extend(_passage(passage, score.notes, rng))
    return tuple(chord for chord in chords if chord.start < score.seconds)


def _seven_steps(scale: tuple[int, ...]) -> tuple[int, ...]:
    """The scale of seven steps that chords are built in; five and twelve steps get the major one."""
    return scale if len(scale) == 7 else MODES["major"]


def _passage(passage: Passage, notes: tuple[Note, ...], rng: np.random.Generator) -> list[Chord]:
    steps = _seven_steps(passage.scale)
    halved = passage.metre == 4 and rng.random() < (0.7 if 4 * passage.beat > LONG_BAR else 0.2)
    length = passage.metre // 2 if halved else passage.metre
    count = passage.bars * passage.metre // length
    chords: list[Chord] = []
    degree = 0
    for k in range(count):
        start = passage.start + k * length * passage.beat
        end = start + length * passage.beat
        under = [note for note in notes if note.onset < end - 1e-6 and note.end > start + 1e-6]
        closing = k in (0, count - 1)
        worth = [
            FIT * _fit(_stack(steps, passage.tonic, each, 3), under, start, end)
            + FOLLOWS.get((steps[each] - steps[degree]) % 12, 0)
            + (1.5 if closing and each == 0 else 0)
            - (0.8 if (steps[(each + 4) % 7] - steps[each]) % 12 == 6 else 0)
            for each in range(7)
        ]
        degree = int(np.argmax(np.array(worth) + rng.gumbel(0, 0.3, 7)))
        tones = 4 if rng.random() < SEVENTHS else 3
        classes = _stack(steps, passage.tonic, degree, tones)
        chords.append(Chord(start, passage.beat, length, k * length % passage.metre == 0, classes))
    return chords


def _stack(steps: tuple[int, ...], tonic: int, degree: int, tones: int) -> tuple[int, ...]:
    """Every second step of the scale from a degree on, as pitch classes."""
    return tuple((tonic + steps[(degree + 2 * k) % 7]) % 12 for k in range(tones))


def _fit(classes: tuple[int, ...], notes: list[Note], start: float, end: float) -> float:
    """How well a chord goes with the notes over it: 1 where all are in it, less where they rub."""
    total = worth = 0.0
    for note in notes:
        share = min(note.end, end) - max(note.onset, start)
        total += share
        if note.pitch % 12 in classes:
            worth += share
        elif {(note.pitch + 1) % 12, (note.pitch - 1) % 12} & set(classes):
            worth -= CLASH * share
    return worth / total if total else 0.0
