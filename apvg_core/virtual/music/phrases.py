"""The kinds of phrase that a recording is made of: streams of notes in a key, cut to length and closed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Event:
    """A note on paper.

    Attributes:
        beats: Its length, up to the next event.
        pitch: MIDI number.
        slurred: Joined to the event before it.
        glide: Reached by a glissando from the event before it.
    """

    beats: float
    pitch: int
    slurred: bool = False
    glide: bool = False


@dataclass(frozen=True)
class Ground:
    """Common ground of all phrases of a section.

    Attributes:
        ladder: Pitches of the key in the section's region, rising (MIDI numbers).
        stable: Pitch classes to rest on: tonic, third and fifth.
        metre: Beats of a bar.
        beat: Seconds of a beat.
        quickest: The shortest note that is still comfortable (seconds).
    """

    ladder: tuple[int, ...]
    stable: frozenset[int]
    metre: int
    beat: float
    quickest: float


Stream = Iterator[Event]

GLISSANDO_SPANS = ((40, 46), (48, 53), (54, 58), (59, 62))
"""Lowest and highest note of the trombone that are played on one partial, so that the slide joins them."""

CELLS = ((1.0,), (0.5, 0.5), (1.5, 0.5), (2.0,), (0.75, 0.25), (0.5, 0.25, 0.25), (1 / 3, 1 / 3, 1 / 3))
CELL_WEIGHTS = (0.28, 0.25, 0.16, 0.13, 0.07, 0.05, 0.06)


def _step(rng: np.random.Generator, size: int) -> int:
    """A place on a ladder of `size` rungs, in its middle half."""
    return int(rng.integers(size // 4, max(size // 4 + 1, size - size // 4)))


def _inside(index: int, size: int) -> int:
    """`index` mirrored at the ends of a ladder of `size` rungs."""
    index = abs(index) % max(1, 2 * size - 2)
    return min(index, 2 * size - 2 - index) if size > 1 else 0


def _division(rng: np.random.Generator, ground: Ground, choices: tuple[float, ...]) -> float:
    """One of the note lengths (beats) that is not too quick; the longest of them if all are."""
    possible = [length for length in choices if length * ground.beat >= ground.quickest] or [max(choices)]
    return possible[int(rng.integers(len(possible)))]


def _scale(rng: np.random.Generator, ground: Ground) -> Stream:
    """Up and down the ladder, turning at its ends and now and then before."""
    length = _division(rng, ground, (1.0, 0.5, 0.5, 0.25))
    size, way = len(ground.ladder), int(rng.choice([-1, 1]))
    index = int(rng.integers(0, max(1, size // 3)))
    index = index if way > 0 else size - 1 - index
    while True:
        yield Event(length, ground.ladder[index])
        if not 0 <= index + way < size or rng.random() < 0.06:
            way = -way
        index = _inside(index + way, size)


def _arpeggio(rng: np.random.Generator, ground: Ground) -> Stream:
    """Broken chords, each a few rungs from the one before."""
    length = _division(rng, ground, (1.0, 0.5, 0.5, 1 / 3, 0.25))
    size = len(ground.ladder)
    shape = [(0, 2, 4, 7, 4, 2), (0, 2, 4, 2), (7, 4, 2, 0), (0, 4, 2, 4), (0, 2, 4, 7)][int(rng.integers(5))]
    root = int(rng.integers(0, max(1, size - 5)))
    while True:
        for rung in shape:
            yield Event(length, ground.ladder[_inside(root + rung, size)])
        root = _inside(root + int(rng.choice([-2, -1, 1, 2, 3])), size)


def _bar(rng: np.random.Generator, ground: Ground) -> list[float]:
    """The rhythm of one bar (beats)."""
    rhythm: list[float] = []
    while sum(rhythm) < ground.metre:
        cell = CELLS[int(rng.choice(len(CELLS), p=CELL_WEIGHTS))]
        fits = sum(rhythm) + sum(cell) <= ground.metre and min(cell) * ground.beat >= ground.quickest
        rhythm.extend(cell if fits else (1.0,))
    return rhythm


def _melody(rng: np.random.Generator, ground: Ground) -> Stream:
    """A motif of one bar: stated, then repeated, moved along the ladder, or turned upside down."""
    size, rhythm = len(ground.ladder), _bar(rng, ground)
    steps = rng.choice(
        [-3, -2, -1, 0, 1, 2, 3, 4], len(rhythm), p=[0.05, 0.12, 0.3, 0.06, 0.3, 0.1, 0.05, 0.02]
    )
    index = _step(rng, size)
    while True:
        for length, step in zip(rhythm, steps, strict=True):
            yield Event(length, ground.ladder[index])
            index = _inside(index + int(step), size)
        index = _inside(index + int(rng.choice([-2, -1, 0, 1, 2])), size)
        if rng.random() < 0.3:
            steps = -steps
        if rng.random() < 0.25:
            rhythm = _bar(rng, ground)
            steps = rng.choice([-2, -1, -1, 1, 1, 2], len(rhythm))


def _leaps(rng: np.random.Generator, ground: Ground) -> Stream:
    """Wide intervals, up and down in turn."""
    length = _division(rng, ground, (1.0, 1.0, 0.5, 2.0))
    size, index, way = len(ground.ladder), _step(rng, len(ground.ladder)), int(rng.choice([-1, 1]))
    while True:
        yield Event(length, ground.ladder[index])
        index, way = _inside(index + way * int(rng.integers(3, 8)), size), -way


def _long_tones(rng: np.random.Generator, ground: Ground) -> Stream:
    """Notes of two beats to a bar."""
    index = _step(rng, len(ground.ladder))
    while True:
        yield Event(float(rng.integers(2, ground.metre + 1)), ground.ladder[index])
        index = _inside(index + int(rng.choice([-3, -2, -1, 1, 2, 4])), len(ground.ladder))


def _repeated(rng: np.random.Generator, ground: Ground) -> Stream:
    """The same pitch struck several times, then its neighbour."""
    length = _division(rng, ground, (0.5, 0.5, 1 / 3, 0.25))
    index = _step(rng, len(ground.ladder))
    while True:
        for _ in range(round(int(rng.choice([1, 2])) / length)):
            yield Event(length, ground.ladder[index])
        index = _inside(index + int(rng.choice([-2, -1, 1, 2])), len(ground.ladder))


def _runs(rng: np.random.Generator, ground: Ground) -> Stream:
    """A rush of quick notes that lands on a longer one, again and again."""
    length = _division(rng, ground, (0.25, 0.25, 1 / 3))
    size, index = len(ground.ladder), _step(rng, len(ground.ladder))
    while True:
        way = 1 if index < size / 2 else -1
        for _ in range(round(int(rng.choice([1, 2])) / length)):
            yield Event(length, ground.ladder[index])
            index = _inside(index + way, size)
        yield Event(1.0, ground.ladder[index])


def _glissandi(rng: np.random.Generator, ground: Ground) -> Stream:
    """Pairs of notes on one partial of the trombone, the second reached by a glissando."""
    low, high = ground.ladder[0], ground.ladder[-1]
    spans = [span for span in GLISSANDO_SPANS if low - 2 <= span[0] and span[1] <= high + 2]
    while True:
        bottom, top = (spans or GLISSANDO_SPANS)[int(rng.integers(len(spans or GLISSANDO_SPANS)))]
        pair = (bottom + int(rng.integers(0, 2)), top)
        first, second = pair if rng.random() < 0.5 else pair[::-1]
        yield Event(float(rng.choice([1, 2])), first)
        yield Event(float(rng.choice([1, 2])), second, slurred=True, glide=True)


def _isolated(rng: np.random.Generator, ground: Ground) -> Stream:
    """Notes of a beat with nothing to do with one another."""
    while True:
        yield Event(1.0, int(rng.choice(ground.ladder)))


KINDS: dict[str, Callable[[np.random.Generator, Ground], Stream]] = {
    "scale": _scale,
    "arpeggio": _arpeggio,
    "melody": _melody,
    "leaps": _leaps,
    "long tones": _long_tones,
    "repeated": _repeated,
    "runs": _runs,
    "glissandi": _glissandi,
    "isolated": _isolated,
}


def _taken(stream: Stream, beats: float) -> list[Event]:
    """The beginning of a stream, the last event cut so that exactly `beats` are filled."""
    events: list[Event] = []
    left = beats
    while left > 1e-6:
        event = next(stream)
        events.append(replace(event, beats=min(event.beats, left)))
        left -= event.beats
    return events


def phrase(rng: np.random.Generator, ground: Ground, kind: str, beats: int) -> list[Event]:
    """A phrase of `beats` that closes with a longer note on a stable degree.

    Slurs are not set here, but for glissandi.
    """
    closing = min(beats, int(rng.integers(1, 4)))
    events = _taken(KINDS[kind](rng, ground), beats - closing)
    near = events[-1].pitch if events else int(rng.choice(ground.ladder))
    stable = [pitch for pitch in ground.ladder if pitch % 12 in ground.stable] or [near]
    return [*events, Event(float(closing), min(stable, key=lambda pitch: abs(pitch - near)))]


def slurred(events: list[Event], group: float) -> list[Event]:
    """Slur what lies within each `group` beats of a phrase; a repeated pitch is always struck anew."""
    result, place = [], 0.0
    for k, event in enumerate(events):
        inside = place % group > 1e-6 and group - place % group > 1e-6
        joined = k > 0 and inside and event.pitch != events[k - 1].pitch
        result.append(replace(event, slurred=event.slurred or joined))
        place += event.beats
    return result
