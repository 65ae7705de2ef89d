"""How one player plays a score on one day: tuning, attacks, vibrato, how long notes are held."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from apvg_core.virtual.music.score import Note, Score

HELD: Final = ((None, 0.4), (0.94, 0.2), (0.72, 0.2), (0.5, 0.2))
"""Articulations and their weights: as the score has it, then shares of a note's time that it is held for:
tenuto, portato, staccato."""

SHORTEST: Final = 0.07
"""Seconds that a note is held at least."""

LARGE_SLOT: Final = 0.16
"""Seconds: quicker notes are as long as they come."""


@dataclass(frozen=True, kw_only=True)
class Interpretation:
    """Departures from how the films are played.

    Attributes:
        tuning: Semitones by which all that sounds is above its written pitch; hands play what is written.
        attack: Factor of the time in which notes set in.
        release: Factor of the time in which they end.
        vibrato: Factor of its width.
        rate: Factor of its speed.
        articulated: Notes are held for another share of their value in each phrase; see `articulated`.
    """

    tuning: float = 0.0
    attack: float = 1.0
    release: float = 1.0
    vibrato: float = 1.0
    rate: float = 1.0
    articulated: bool = False

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Draw one: within 50 cents, or in a historical pitch from A = 415 to 446 Hz."""
        historical = 12 * np.log2(rng.choice([415.3, 430.0, 435.0, 442.0, 446.0]) / 440)
        return cls(
            tuning=float(historical if rng.random() < 0.25 else rng.uniform(-0.5, 0.5)),
            attack=float(np.exp(rng.uniform(np.log(0.4), np.log(2.2)))),
            release=float(np.exp(rng.uniform(np.log(0.5), np.log(2.5)))),
            vibrato=float(rng.choice([0.0, rng.uniform(0.3, 2.0)], p=[0.25, 0.75])),
            rate=float(rng.uniform(0.8, 1.25)),
            articulated=True,
        )


AS_FILMED: Final = Interpretation()
"""How the films are played."""


def articulated(score: Score, seed: Sequence[int]) -> Score:
    """Hold notes for another share of their value, drawn for each phrase; onsets stay, and what is slurred.

    Args:
        score: The music.
        seed: Numbers that this is drawn from.
    """
    rng = np.random.default_rng([*seed, 61])
    shares = rng.choice(len(HELD), max(note.phrase for note in score.notes) + 1, p=[w for _, w in HELD])
    following = [*score.notes[1:], None]
    notes = (
        _held(note, after, HELD[shares[note.phrase]][0])
        for note, after in zip(score.notes, following, strict=True)
    )
    return replace(score, notes=tuple(notes))


def _held(note: Note, after: Note | None, share: float | None) -> Note:
    """The note as long as it is held, if another one of its phrase is struck after it."""
    if share is None or after is None or after.slurred or after.phrase != note.phrase:
        return note
    slot = after.onset - note.onset
    if slot < LARGE_SLOT:
        return note
    return replace(note, duration=float(np.clip(share * slot, SHORTEST, slot - 0.02)))
