"""Accompaniments: parts for other instruments that fit a score's key, metre and melody, in several styles."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.virtual.music.harmony import Chord, harmonise
from apvg_core.virtual.music.score import Note, Score

DRUMS: Final = -1
"""In place of a program: the drum kit."""

KEYBOARDS: Final = (0, 1, 4, 6)
GUITARS: Final = (25, 26, 27)
ORGANS: Final = (16, 19)
STRINGS: Final = (48, 49, 50, 52)
BASSES: Final = (32, 33, 35)
"""Instruments of General MIDI, counted from 0."""

HELD_OUT: Final = 24
"""The nylon guitar: it accompanies in the listening test, and nowhere else."""

SECOND: Final = {"trombone": (57, 57, 58, 60), "cello": (42, 42, 41, 43)}
"""Who plays a second voice beside an instrument: mostly another of its kind."""

KICK, SNARE, HAT, RIDE = 36, 38, 42, 51


@dataclass(frozen=True)
class Tone:
    """A note of an accompaniment: seconds, MIDI number, 1 to 127."""

    onset: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Part:
    """What one instrument of an accompaniment plays.

    Attributes:
        program: General MIDI from 0, or `DRUMS`.
        tones: Its notes, in any order.
    """

    program: int
    tones: tuple[Tone, ...]


Parts = list[Part]


def accompany(score: Score, style: str, rng: np.random.Generator) -> Parts:
    """Write an accompaniment to a score.

    Args:
        score: The melody, with its passages.
        style: One of `STYLES`.
        rng: Draws instruments, chords and patterns.
    """
    chords = harmonise(score, rng)
    return [
        Part(
            part.program, tuple(_human(tone, rng) for tone in part.tones if tone.onset < score.seconds - 0.1)
        )
        for part in STYLES[style](rng, score, chords)
    ]


def _human(tone: Tone, rng: np.random.Generator) -> Tone:
    """A note a little off in time and strength."""
    late = float(rng.normal(0, 0.006))
    velocity = int(np.clip(tone.velocity + rng.normal(0, 6), 20, 127))
    return Tone(max(tone.onset + late, 0), max(tone.end + late, 0.05), tone.pitch, velocity)


def _voiced(classes: tuple[int, ...], centre: float) -> list[int]:
    """A chord's notes close together, in the inversion whose middle is nearest to `centre`."""
    choices = []
    for inversion in range(len(classes)):
        turned = classes[inversion:] + classes[:inversion]
        pitches = [turned[0]]
        for each in turned[1:]:
            pitches.append(pitches[-1] + (each - pitches[-1]) % 12)
        octave = 12 * round((centre - float(np.mean(pitches))) / 12)
        choices.append([pitch + octave for pitch in pitches])
    return min(choices, key=lambda pitches: abs(float(np.mean(pitches)) - centre))


def _bass(chord: Chord, lowest: int = 36) -> int:
    """The chord's root in the octave from `lowest` on."""
    return lowest + (chord.classes[0] - lowest) % 12


def _one(rng: np.random.Generator, programs: Sequence[int]) -> int:
    return int(programs[int(rng.integers(len(programs)))])


def _patterned(
    chords: Sequence[Chord],
    hits: Sequence[tuple[float, float]],
    play: Callable[[Chord], list[int]],
    velocity: int,
) -> Iterator[Tone]:
    """Notes of every chord at the same beats of it.

    Args:
        chords: The chords.
        hits: Beats from the start of a chord, and beats that is held for.
        play: The pitches of a chord.
        velocity: Of all.
    """
    for chord in chords:
        for beat, held in hits:
            if beat < chord.beats:
                onset = chord.start + beat * chord.beat
                end = min(onset + held * chord.beat, chord.end)
                yield from (Tone(onset, end, pitch, velocity) for pitch in play(chord))


BLOCKS: Final = (
    ((0.0, 4.0),),
    ((0.0, 0.9), (1.0, 0.9), (2.0, 0.9), (3.0, 0.9)),
    ((0.0, 1.8), (2.0, 1.8)),
    ((0.5, 0.4), (1.5, 0.4), (2.5, 0.4), (3.5, 0.4)),
    ((0.0, 1.4), (1.5, 0.4), (2.0, 1.0), (3.0, 0.9)),
)
"""Rhythms of chords: beat, beats held."""


def _chords(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """Chords on piano, guitar or organ, with the root below them."""
    del score
    hits, centre = BLOCKS[int(rng.integers(len(BLOCKS)))], float(rng.uniform(55, 67))
    tones = [*_patterned(chords, hits, lambda chord: _voiced(chord.classes, centre), 74)]
    if rng.random() < 0.7:
        tones += _patterned(chords, ((0.0, 2.0), (2.0, 2.0)), lambda chord: [_bass(chord)], 70)
    return [Part(_one(rng, KEYBOARDS + GUITARS + ORGANS), tuple(tones))]


def _guitar(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """Chords of the nylon guitar, strummed on the beats: what the listening test has."""
    del rng, score
    hits = ((0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0))
    return [Part(HELD_OUT, tuple(_patterned(chords, hits, lambda chord: _voiced(chord.classes, 57), 80)))]


def _broken(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """Broken chords in eighths."""
    del score
    centre, step = float(rng.uniform(54, 66)), float(rng.choice([0.5, 0.5, 0.25, 1 / 3]))
    order = ((0, 1, 2), (0, 2, 1, 2), (2, 1, 0), (0, 1, 2, 1))[int(rng.integers(4))]
    tones = []
    for chord in chords:
        voiced = _voiced(chord.classes, centre)
        for k in range(round(chord.beats / step)):
            onset = chord.start + k * step * chord.beat
            pitch = _bass(chord, 40) if k == 0 else voiced[order[k % len(order)]]
            tones.append(Tone(onset, min(onset + 2.5 * step * chord.beat, chord.end), pitch, 72 if k else 80))
    return [Part(_one(rng, (*KEYBOARDS[:3], *GUITARS, 46)), tuple(tones))]


def _walking(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """A walking bass, a ride cymbal, and a piano's or guitar's chords off the beat."""
    bass = []
    for k, chord in enumerate(chords):
        target = _bass(chords[min(k + 1, len(chords) - 1)], 33)
        for beat in range(chord.beats):
            onset = chord.start + beat * chord.beat
            pitch = 33 + (chord.classes[beat % 3] - 33) % 12
            if beat and beat == chord.beats - 1:
                pitch = target + int(rng.choice([-1, 1, 2]))
            bass.append(Tone(onset, onset + 0.95 * chord.beat, pitch, 90 if beat == 0 else 80))
    comping = ((1.5, 0.5), (3.5, 0.4)) if rng.random() < 0.5 else ((0.0, 0.4), (1.5, 1.0))
    centre = float(rng.uniform(58, 66))
    piano = _patterned(chords, comping, lambda chord: _voiced(chord.classes, centre), 66)
    ride = [
        Tone(time + late, time + late + 0.1, RIDE, 70)
        for time, after in zip(score.beats[:-1], score.beats[1:], strict=True)
        for late in (0.0, 0.66 * float(after - time))
    ]
    return [
        Part(_one(rng, BASSES), tuple(bass)),
        Part(_one(rng, (0, 26)), tuple(piano)),
        Part(DRUMS, tuple(ride)),
    ]


def _band(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """Bass and drums in eighths, and an instrument's chords."""
    eighths = tuple((k / 2, 0.45) for k in range(8))
    hits = eighths if rng.random() < 0.6 else ((0.0, 1.4), (1.5, 0.5), (2.0, 1.9))
    bass = _patterned(chords, hits, lambda chord: [_bass(chord, 33)], 84)
    centre = float(rng.uniform(55, 64))
    pattern = BLOCKS[int(rng.integers(len(BLOCKS)))]
    chordal = _patterned(chords, pattern, lambda chord: _voiced(chord.classes, centre), 68)
    drums = []
    for k, (time, after) in enumerate(zip(score.beats[:-1], score.beats[1:], strict=True)):
        strong = bool(np.any(np.abs(score.downbeats - time) < 1e-6))
        drums.append(Tone(time, time + 0.1, KICK if strong or k % 4 == 2 else SNARE, 88))
        drums += [Tone(t, t + 0.05, HAT, 62) for t in (time, (time + after) / 2)]
    return [
        Part(_one(rng, BASSES), tuple(bass)),
        Part(_one(rng, GUITARS + KEYBOARDS), tuple(chordal)),
        Part(DRUMS, tuple(drums)),
    ]


def _pads(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """Strings or an organ that hold the chords."""
    del score
    centre = float(rng.uniform(54, 68))
    held = ((0.0, 8.0),)
    tones = [*_patterned(chords, held, lambda chord: [_bass(chord), *_voiced(chord.classes, centre)], 72)]
    return [Part(_one(rng, STRINGS + ORGANS), tuple(tones))]


def _chorale(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """Four voices, a chord on every beat, which move on where they can."""
    del score
    centre, tones = 60.0, []
    for chord in chords:
        for beat in range(chord.beats):
            onset = chord.start + beat * chord.beat
            voices = [_bass(chord, 38), *_voiced(chord.classes[:3], centre + float(rng.choice([-4, 0, 4])))]
            tones += [Tone(onset, onset + 0.97 * chord.beat, pitch, 76) for pitch in voices]
    return [Part(_one(rng, (19, 48, 60, 61)), tuple(tones))]


def _second_voice(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """Another instrument of the same kind, in each phrase below the melody, on notes of its own, or silent.

    Where the melody rests it may answer with the end of what was played.
    """
    tones: list[Tone] = []
    phrases = [[n for n in score.notes if n.phrase == k] for k in range(len(score.phrases))]
    for phrase, after in zip(phrases, [*phrases[1:], []], strict=True):
        manner = rng.random()
        until = after[0].onset if after else score.seconds
        if manner < 0.45:
            tones += [Tone(n.onset, n.end, _below(n, chords), 76) for n in phrase]
        elif manner < 0.7:
            inside = [c for c in chords if phrase[0].onset <= c.start < phrase[-1].end]
            tones += [Tone(c.start, c.end, _voiced(c.classes, phrase[0].pitch - 5)[0], 72) for c in inside]
        tones += _answer(phrase, until)
    return [Part(_one(rng, SECOND[score.instrument]), tuple(tones))]


def _below(note: Note, chords: Sequence[Chord]) -> int:
    """The next note of the chord at least a third below a melody's note."""
    chord = next((c for c in reversed(chords) if c.start <= note.onset + 1e-6), None)
    classes = chord.classes if chord else (note.pitch % 12,)
    return next(pitch for pitch in range(note.pitch - 3, note.pitch - 16, -1) if pitch % 12 in classes)


def _answer(phrase: Sequence[Note], until: float) -> Iterator[Tone]:
    """The last notes of a phrase once more, where there is a long enough rest after them."""
    last = phrase[-4:]
    shift = phrase[-1].end + 0.2 - last[0].onset
    if last[-1].end + shift < until - 0.2:
        yield from (Tone(n.onset + shift, n.end + shift, n.pitch, 74) for n in last)


def _continuo(rng: np.random.Generator, score: Score, chords: Sequence[Chord]) -> Parts:
    """A harpsichord's or organ's chords over a bass of a string or wind instrument."""
    bass = _patterned(chords, ((0.0, 1.9), (2.0, 1.9)), lambda chord: [_bass(chord)], 82)
    chordal = _patterned(chords, BLOCKS[0], lambda chord: _voiced(chord.classes, 62), 66)
    low = {"trombone": (42, 43, 70), "cello": (43, 70)}[score.instrument]
    return [Part(_one(rng, low), tuple(bass)), Part(_one(rng, (6, 19)), tuple(chordal))]


STYLES: Final[dict[str, Callable[[np.random.Generator, Score, Sequence[Chord]], Parts]]] = {
    "chords": _chords,
    "broken chords": _broken,
    "walking bass": _walking,
    "band": _band,
    "pads": _pads,
    "chorale": _chorale,
    "continuo": _continuo,
    "second voice": _second_voice,
    "guitar": _guitar,
}
"""Accompaniments by name."""

REHEARSED: Final = tuple(style for style in STYLES if style != "guitar")
"""Those of rehearsals."""
