"""Playing the cello: from notes to the left hand and the bow.

Places on a string are semitones above the nut; places of the bow are 0 at the frog and 1 at the tip.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.music.interpretation import AS_FILMED, Interpretation
from apvg_core.virtual.music.paths import Array, Move, Path, eased
from apvg_core.virtual.music.score import Note, Score
from apvg_core.virtual.music.timeline import READY, Timeline, travel

STRINGS = (36, 43, 50, 57)
"""The open strings C, G, D and A."""

STRING_LENGTH = 0.69
"""Metres from nut to bridge."""

BLOCKS = (2, 3, 7, 11, 15)
"""Places of the first finger: first, second and fourth position, the seventh, and beyond."""

HOME = 2.0
"""First position, where the hand rests."""

BOW_HOLDS = 2.2
"""Seconds that one stroke lasts at most."""

BOW_CENTRE = 0.45
BOW_REST = 0.25
CHANGE = 0.05
"""Seconds in which the bow comes up to speed, and to rest."""

LIFT = 0.15
"""Seconds in which the bow is lifted, and in which it lands."""

VIBRATO_RATE = 5.5
VIBRATO_DEPTH = 0.2
"""Vibrato of the rocking finger: hertz, and semitones to either side."""


def string_of(pitch: int) -> int:
    """The string a note is played on, 0 (C) to 3 (A): the highest that is not higher than the note."""
    return max(k for k, open_pitch in enumerate(STRINGS) if open_pitch <= pitch)


def stop_of(pitch: int) -> int:
    """Semitones above the nut where the string is stopped; 0 is the open string."""
    return pitch - STRINGS[string_of(pitch)]


def hand_of(stop: int) -> int:
    """Semitones above the nut where the first finger lies: one position for every stop."""
    if stop <= 5:
        return BLOCKS[0]
    return next(block for block in reversed(BLOCKS) if block <= stop and (block != 3 or stop == 6))


def finger_of(stop: int) -> int:
    """The finger that stops the string, 1 (first) to 4 (little); 0 for the open string."""
    return 0 if stop == 0 else int(np.clip(1 + stop - hand_of(stop), 1, 4))


def distance(stop: Array) -> Array:
    """Metres from the nut to a position in semitones above it."""
    return STRING_LENGTH * (1 - 2 ** (-stop / 12))


@dataclass(frozen=True)
class Stroke:
    """One stroke of the bow.

    Attributes:
        onset: Seconds.
        end: Seconds.
        direction: 1 down (towards the tip), −1 up.
        start: Place of the bow at the onset.
        stop: Place of the bow at the end.
        phrase: Number of its phrase.
    """

    onset: float
    end: float
    direction: int
    start: float
    stop: float
    phrase: int


def _cuts(notes: Sequence[Note]) -> list[float]:
    """Times (s) at which the strokes of a phrase begin: where a note is not slurred, and where the bow ends.

    What the bow cannot hold is cut into an odd number of strokes, so that it leaves the notes after it the
    strokes they would have had.
    """
    cuts: list[float] = []
    struck = [k for k, note in enumerate(notes) if k == 0 or not note.slurred]
    for first, after in zip(struck, [*struck[1:], len(notes)], strict=True):
        onset, end = notes[first].onset, notes[after - 1].end
        parts = int(np.ceil((end - onset) / BOW_HOLDS))
        parts += 1 - parts % 2
        inner = [note.onset for note in notes[first + 1 : after]]
        cuts.extend([onset, *(_nearest(inner, onset + (end - onset) * k / parts) for k in range(1, parts))])
    return cuts


def _nearest(onsets: Sequence[float], time: float) -> float:
    """The onset next to a time, for which the bow waits or hurries a little, or the time itself."""
    return min(
        (onset for onset in onsets if abs(onset - time) < 0.3), key=lambda o: abs(o - time), default=time
    )


def _near(times: Array, time: float) -> bool:
    """Return True if one of `times` is `time`, give or take what a loose player is late."""
    return bool(np.any(np.abs(times - time) < 0.03))


def _ruled(notes: tuple[Note, ...], downbeats: Array) -> tuple[Note, ...]:
    """The rule of the down-bow: where a downbeat would get an up-bow, the two notes before it are slurred.

    Args:
        notes: A phrase.
        downbeats: (m,) seconds.
    """
    for k in range(2, len(notes)):
        earlier, last, note = notes[k - 2 : k + 1]
        strokes = [i for i, cut in enumerate(_cuts(notes)) if abs(cut - note.onset) < 1e-9]
        rises = bool(strokes) and strokes[0] % 2 == 1
        apart = not last.slurred and last.pitch != earlier.pitch and not _near(downbeats, last.onset)
        if rises and apart and _near(downbeats, note.onset) and note.onset - earlier.onset < BOW_HOLDS:
            joined = replace(earlier, duration=last.onset - earlier.onset)
            notes = (*notes[: k - 2], joined, replace(last, slurred=True), *notes[k:])
    return notes


def _length(loudness: float, seconds: float) -> float:
    """Share of the bow that a stroke takes: more for loud and long ones, never all of it."""
    effort = (0.35 + loudness) * max(seconds - 0.08, 0)
    return 0.12 + 0.73 * (1 - float(np.exp(-1.3 * effort)))


def _strokes(notes: tuple[Note, ...]) -> list[Stroke]:
    """The strokes of one phrase: down, up, down, up."""
    cuts, strokes = _cuts(notes), list[Stroke]()
    for k, onset in enumerate(cuts):
        limit = cuts[k + 1] if k + 1 < len(cuts) else np.inf
        under = [note for note in notes if note.onset < limit - 1e-9 and note.end > onset + 1e-9]
        end = min(limit, under[-1].end)
        half = _length(float(np.mean([note.loudness for note in under])), end - onset) / 2
        direction = -1 if k % 2 else 1
        start = strokes[-1].stop if strokes else BOW_CENTRE - half
        stop = BOW_CENTRE + direction * half
        strokes.append(Stroke(onset, float(end), direction, start, stop, notes[0].phrase))
    return strokes


def _bow_paths(phrases: Sequence[Sequence[Stroke]]) -> tuple[Path, Path]:
    """Place of the bow, and whether it is on the string, over time.

    Between two phrases it is lifted; where there is time, it rests.
    """
    places, contacts = list[Move](), list[Move]()
    onsets = [strokes[0].onset for strokes in phrases]
    for strokes, after in zip(phrases, [*onsets[1:], np.inf], strict=True):
        onset, end = strokes[0].onset, strokes[-1].end
        places.append(Move(onset - READY, onset - 0.02, strokes[0].start))
        contacts.append(Move(onset - LIFT, onset - 0.01, 1))
        for s in strokes:
            places.append(Move(s.onset, s.end, s.stop, ramp=min(0.5, CHANGE / (s.end - s.onset))))
        contacts.append(Move(end, end + min(LIFT, 0.4 * (after - end)), 0))
        if after - end > 0.5:
            places.append(Move(end + 0.05, max(end + 0.15, min(end + 0.45, after - READY)), BOW_REST))
    return Path.of(BOW_REST, places), Path.of(0, contacts)


@dataclass(frozen=True)
class CelloPlaying:
    """A score as a cellist plays it. Methods take times [shape=(n,)] in seconds and return as many values.

    Attributes:
        score: The music, with the slurs of the rule of the down-bow.
        strokes: Strokes of the bow, in the order of time.
        strings: The path from string to string.
        hands: The path of the first finger.
        stops: The path of the stopping finger, without vibrato.
        places: The path of the bow along itself.
        contacts: The path of the bow to the string and away from it.
        interpretation: How it is played on that day.
    """

    score: Score
    strokes: tuple[Stroke, ...]
    strings: Path
    hands: Path
    stops: Path
    places: Path
    contacts: Path
    interpretation: Interpretation = AS_FILMED

    @cached_property
    def timeline(self) -> Timeline:
        """The notes, to be looked up by time."""
        return Timeline(self.score.notes)

    def string(self, times: Array) -> Array:
        """The string under the bow [shape=(n,)], 0 (C) to 3 (A); between two of them on the way."""
        return self.strings.at(times)

    def stop(self, times: Array) -> Array:
        """Semitones from the nut to the stopping finger [shape=(n,)], with vibrato; 0 for an open string."""
        return self.stops.at(times) + VIBRATO_DEPTH * self.vibrato(times)

    def hand(self, times: Array) -> Array:
        """Semitones from the nut to the first finger [shape=(n,)]."""
        return self.hands.at(times)

    def finger(self, times: Array) -> npt.NDArray[np.int64]:
        """The finger on the string [shape=(n,)], 1 to 4, put down 30 ms early; 0: an open string, a rest."""
        line = self.timeline
        fingers = np.array([finger_of(stop_of(note.pitch)) for note in self.score.notes])
        k = line.now(times + 0.03)
        return np.where((times + 0.03 >= line.onsets[k]) & (times < line.ends[k] + 0.1), fingers[k], 0)

    def bow(self, times: Array) -> Array:
        """Position of the bow on the string, 0 (frog) to 1 (tip)."""
        return self.places.at(times)

    def bow_speed(self, times: Array) -> Array:
        """Speed of the bow in bows a second [shape=(n,)]."""
        return (self.places.at(times + 5e-4) - self.places.at(times - 5e-4)) / 1e-3

    def direction(self, times: Array) -> Array:
        """Direction of the stroke [shape=(n,)]: 1 down, −1 up, held until the next one; 0 between phrases."""
        k = self._stroke(times)
        ends = self.score.phrases[[s.phrase for s in self.strokes], 1]
        ways = np.array([s.direction for s in self.strokes], np.float64)
        begun = times >= self.strokes[0].onset
        return np.where(begun & (times <= ends[k]), ways[k], 0)

    def contact(self, times: Array) -> Array:
        """Contact of the bow [shape=(n,)]: 1 where it is on the string, 0 where it is lifted."""
        return self.contacts.at(times)

    def vibrato(self, times: Array) -> Array:
        """The rocking of the finger [shape=(n,)], −1 to 1 where it is as wide as in the films."""
        line = self.timeline
        stopped = np.array([stop_of(note.pitch) > 0 for note in self.score.notes])[line.now(times)]
        way = self.interpretation
        phase = 2 * np.pi * VIBRATO_RATE * way.rate * np.maximum(line.age(times) - 0.25, 0)
        return way.vibrato * stopped * line.warmth(times, 0.25) * np.sin(phase)

    def pitch(self, times: Array) -> Array:
        """The pitch that sounds (MIDI, a real number); in silence, that of the last note."""
        moves = [
            Move(n.onset - 0.01, n.onset + 0.01 if n.slurred else n.onset, n.pitch) for n in self.score.notes
        ]
        tone = Path.of(self.score.notes[0].pitch, moves)
        return tone.at(times) + VIBRATO_DEPTH * self.vibrato(times) + self.interpretation.tuning

    def loudness(self, times: Array) -> Array:
        """Loudness of what sounds [shape=(n,)], 0 (silence) to 1.

        A down-bow sets in at once and fades towards the tip, an up-bow sets in gently and grows.
        """
        line, way = self.timeline, self.interpretation
        level = line.level(times) * line.gate(times, 0.02 * way.attack, 0.06 * way.release)
        k = self._stroke(times)
        onsets, ends, ways = np.array([(s.onset, s.end, s.direction) for s in self.strokes]).T
        share = np.clip((times - onsets[k]) / (ends[k] - onsets[k]), 0, 1)
        shape = np.where(ways[k] > 0, 1.12 - 0.32 * share, 0.76 + 0.3 * share)
        attack = np.minimum(np.where(ways[k] > 0, 0.025, 0.07) * way.attack, 0.4 * (ends[k] - onsets[k]))
        bite = 0.35 + 0.65 * eased((times - onsets[k]) / attack)
        return np.clip(level * shape * bite, 0, 1)

    def truth(self) -> list[dict[str, float | int | bool]]:
        """Every note with how it is played, ready for JSON; seconds, MIDI numbers, semitones."""
        ways = self.direction(self.timeline.onsets + 1e-6)
        return [
            {
                "onset": round(note.onset, 4),
                "duration": round(note.duration, 4),
                "pitch": note.pitch,
                "loudness": round(note.loudness, 3),
                "slurred": note.slurred,
                "phrase": note.phrase,
                "string": string_of(note.pitch),
                "stop": stop_of(note.pitch),
                "hand": hand_of(stop_of(note.pitch)),
                "finger": finger_of(stop_of(note.pitch)),
                "bow": int(way),
            }
            for note, way in zip(self.score.notes, ways, strict=True)
        ]

    def _stroke(self, times: Array) -> npt.NDArray[np.int64]:
        """The last stroke that has begun; the first one before it has."""
        return np.maximum(np.searchsorted([s.onset for s in self.strokes], times, side="right") - 1, 0)


def play(score: Score, interpretation: Interpretation = AS_FILMED) -> CelloPlaying:
    """Decide how a score is played."""
    numbers = sorted({note.phrase for note in score.notes})
    phrases = [
        _ruled(tuple(n for n in score.notes if n.phrase == number), score.downbeats) for number in numbers
    ]
    strokes = [_strokes(phrase) for phrase in phrases]
    notes = tuple(note for phrase in phrases for note in phrase)
    stops = [stop_of(note.pitch) for note in notes]
    places, contacts = _bow_paths(strokes)
    return CelloPlaying(
        score=replace(score, notes=notes),
        strokes=tuple(stroke for row in strokes for stroke in row),
        strings=travel(notes, [string_of(note.pitch) for note in notes], home=1.5, seconds=0.08),
        hands=travel(notes, [hand_of(stop) for stop in stops], home=HOME, seconds=0.1),
        stops=travel(notes, stops, home=HOME, seconds=0.04),
        places=places,
        contacts=contacts,
        interpretation=interpretation,
    )
