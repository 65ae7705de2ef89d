"""Music worth hearing, written by rule and seed: sections, phrases, notes.

A recording is a row of sections of their own tempo, metre, key and region; a section is a row of phrases
with rests between them. Mostly it begins and ends with a rest of some seconds. Times are in seconds, pitches
are MIDI numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.phrases import Event, Ground, phrase, slurred

RANGES = {"trombone": (40, 70, 74), "cello": (36, 69, 76)}
"""Range of each instrument: the lowest note, the highest usual one, and the highest of all."""

MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "chromatic": tuple(range(12)),
}
MODE_WEIGHTS = (0.32, 0.16, 0.12, 0.12, 0.1, 0.1, 0.08)

CHARACTERS = {
    "singing": ("melody", "melody", "melody", "long tones", "scale"),
    "lively": ("runs", "scale", "arpeggio", "melody", "repeated"),
    "bold": ("leaps", "arpeggio", "melody", "repeated", "glissandi"),
    "mixed": (
        "melody",
        "scale",
        "arpeggio",
        "leaps",
        "long tones",
        "repeated",
        "runs",
        "glissandi",
        "isolated",
    ),
}

SLUR_GROUPS = {
    "singing": (1.0, 2.0, 2.0, 4.0, 0.0),
    "lively": (0.0, 0.0, 0.5, 1.0),
    "bold": (0.0, 0.0, 0.0, 1.0),
}
"""Beats that are slurred together, one drawn for each phrase; 0 slurs nothing."""

LONGEST_REST = 2.5
"""Seconds between two phrases of a section, but for a single beat that is longer."""

LONGEST_BREAK = 12.0
"""Seconds that only an accompaniment is heard."""

END_SILENCE = 0.4
"""Seconds that are silent at the end of a recording, at least."""

LONG_RESTS = (2.0, 4.0)
"""Seconds that a player mostly rests before the first note and after the last one, and now and then between
two phrases."""

AT_ONCE = 0.25
"""Share of the recordings that begin at once, and of those that end with the last note."""

PAUSES = 0.15
"""Share of the phrases after which the player rests for long, of those that others of the section follow."""


@dataclass(frozen=True)
class Note:
    """A note as it is played.

    Attributes:
        onset: Seconds.
        duration: Seconds; a note ends before the next one begins, or just then.
        pitch: MIDI number.
        loudness: 0 to 1, the accent of its beat included.
        slurred: Joined to the note before it: no new tongue, no change of bow.
        phrase: Number of its phrase, from 0.
        glide: Reached by a glissando, where the instrument can.
    """

    onset: float
    duration: float
    pitch: int
    loudness: float
    slurred: bool
    phrase: int
    glide: bool = False

    @property
    def end(self) -> float:
        """Seconds."""
        return self.onset + self.duration


@dataclass(frozen=True)
class Passage:
    """A stretch of a score in one key, metre and tempo, from a downbeat on: what an accompaniment goes by.

    Attributes:
        start: Seconds.
        beat: Seconds of a beat.
        metre: Beats of a bar.
        bars: How many bars; the last ones may lie after the end of the recording.
        tonic: Pitch class of the key.
        scale: Steps of the key, in semitones above the tonic, rising from 0.
    """

    start: float
    beat: float
    metre: int
    bars: int
    tonic: int
    scale: tuple[int, ...]


@dataclass(frozen=True)
class Score:
    """A recording's music.

    Attributes:
        instrument: "trombone" or "cello".
        seconds: Length of the recording.
        notes: In the order of time; never two at once.
        beats: (n,) seconds of every beat.
        downbeats: (m,) seconds of the first beats of all bars.
        passages: Its stretches of one key, metre and tempo, in the order of time.
    """

    instrument: str
    seconds: float
    notes: tuple[Note, ...]
    beats: Array
    downbeats: Array
    passages: tuple[Passage, ...] = ()

    @property
    def phrases(self) -> Array:
        """Onset and end of every phrase [shape=(phrases, 2), seconds]."""
        firsts = [note.onset for k, note in enumerate(self.notes) if self._begins_phrase(k)]
        lasts = [note.end for k, note in enumerate(self.notes) if self._begins_phrase(k + 1)]
        return np.array([firsts, lasts]).T

    def _begins_phrase(self, k: int) -> bool:
        return k in (0, len(self.notes)) or self.notes[k].phrase != self.notes[k - 1].phrase


@dataclass(frozen=True)
class _Section:
    """Playing that all phrases of a section share; `loose` is the spread of its onsets in seconds."""

    ground: Ground
    tonic: int
    scale: tuple[int, ...]
    character: str
    kinds: tuple[str, ...]
    bars: int
    loudness: float
    swing: float
    loose: float


def _ladder(
    rng: np.random.Generator, instrument: str
) -> tuple[tuple[int, ...], frozenset[int], int, tuple[int, ...]]:
    """The pitches of a key in one region of the instrument, the pitch classes to rest on, tonic and steps."""
    lowest, usual, highest = RANGES[instrument]
    width = int(rng.integers(11, 20))
    top = highest if rng.random() < 0.12 else usual
    # The middle of the range is where most music lies; its ends are reached too.
    middle = rng.triangular(lowest, (lowest + top) / 2 + 2, top)
    low = int(np.clip(round(middle - width / 2), lowest, top - width))
    tonic = int(rng.integers(12))
    mode = str(rng.choice(list(MODES), p=MODE_WEIGHTS))
    steps = MODES[mode]
    classes = {(tonic + step) % 12 for step in steps}
    third = 4 if 4 in steps else 3
    ladder = tuple(pitch for pitch in range(low, low + width + 1) if pitch % 12 in classes)
    return ladder, frozenset({tonic, (tonic + third) % 12, (tonic + 7) % 12}), tonic, steps


def _section(rng: np.random.Generator, instrument: str) -> _Section:
    """Draw a section."""
    # A felt beat of 0.45 to 1 s: within less than two, so that half or double tempo is no reading of it
    # that a listener would choose.
    beat = float(np.exp(rng.uniform(np.log(0.45), np.log(1.0))))
    metre = int(rng.choice([4, 3], p=[0.68, 0.32]))
    ladder, stable, tonic, scale = _ladder(rng, instrument)
    # Down there the slide has half a metre to go from one note to the next.
    quickest = 0.2 if instrument == "trombone" and ladder[0] < 48 else 0.12
    character = str(rng.choice(list(CHARACTERS), p=[0.34, 0.22, 0.18, 0.26]))
    kinds = tuple(k for k in CHARACTERS[character] if instrument == "trombone" or k != "glissandi")
    return _Section(
        ground=Ground(ladder, stable, metre, beat, quickest),
        tonic=tonic,
        scale=scale,
        character=character,
        kinds=kinds,
        bars=max(4, round(rng.uniform(10, 25) / (metre * beat))),
        loudness=float(rng.uniform(0.35, 0.75)),
        swing=float(rng.uniform(0.58, 0.67)) if rng.random() < 0.12 else 0.5,
        loose=0.008 if rng.random() < 0.25 else 0.0,
    )


def _swung(beats: float, swing: float) -> float:
    """A time in beats after the middle of every beat has moved to `swing`."""
    whole, part = divmod(beats, 1.0)
    late = part / 0.5 * swing if part < 0.5 else swing + (part - 0.5) / 0.5 * (1 - swing)
    return whole + late


def _dynamics(rng: np.random.Generator, section: _Section, count: int) -> Array:
    """Loudness of a phrase's notes before accents [shape=(count,)]: swelling, fading, an arch, or even."""
    share = np.linspace(0, 1, count) if count > 1 else np.full(1, 0.5)
    shapes = (np.sin(np.pi * share) - 0.5, share - 0.5, 0.5 - share, 0 * share)
    shape = shapes[int(rng.choice(4, p=[0.45, 0.2, 0.2, 0.15]))]
    return section.loudness + rng.uniform(-0.12, 0.12) + rng.uniform(0.15, 0.45) * shape


def _accent(beat: float, metre: int) -> float:
    """Loudness that a note gains by its beat in the bar, counted from the section's first downbeat."""
    if abs(beat - round(beat)) > 1e-6:
        return 0.0
    return 0.14 if round(beat) % metre == 0 else 0.06


def _gap(slot: float, staccato: bool) -> float:
    """Seconds of silence between a note and a struck one that begins `slot` seconds after it."""
    if staccato and 0.2 < slot < 0.6:
        return 0.45 * slot
    return float(np.clip(0.13 * slot, 0.03, 0.08))


def _perform(
    rng: np.random.Generator, section: _Section, events: list[Event], first: int, start: float, number: int
) -> list[Note]:
    """Turn a phrase on paper into notes.

    Args:
        rng: Draws dynamics and articulation.
        section: Where it stands.
        events: The phrase.
        first: The beat it begins on, from the section's first downbeat.
        start: Seconds of that downbeat.
        number: The phrase's.
    """
    places = first + np.concatenate([[0], np.cumsum([event.beats for event in events])])
    marks = [start + section.ground.beat * _swung(float(round(p, 6)), section.swing) for p in places]
    onsets = np.array(marks) + section.loose * rng.uniform(-1, 1, len(marks))
    levels = _dynamics(rng, section, len(events))
    staccato = section.character != "singing" and bool(rng.random() < 0.25)
    notes = []
    for k, event in enumerate(events):
        slot = float(onsets[k + 1] - onsets[k])
        joined = k + 1 < len(events) and events[k + 1].slurred
        loudness = np.clip(levels[k] + _accent(float(places[k]), section.ground.metre), 0.12, 1)
        duration = slot if joined else slot - _gap(slot, staccato)
        notes.append(
            Note(float(onsets[k]), duration, event.pitch, float(loudness), event.slurred, number, event.glide)
        )
    return notes


def _fill(
    rng: np.random.Generator, of_rests: np.random.Generator, section: _Section, start: float, number: int
) -> tuple[list[Note], int]:
    """All phrases of a section that begins at `start` seconds, from phrase `number` on; and its bars."""
    notes: list[Note] = []
    bar, metre, rest = 0, section.ground.metre, 0
    while bar < section.bars:
        kind = str(rng.choice(section.kinds))
        bars = 1 if kind == "isolated" else min(int(rng.integers(2, 5)), max(2, section.bars - bar))
        late = int(rng.integers(1, metre)) if bar and kind != "isolated" and rng.random() < 0.15 else 0
        late = late if (rest + late) * section.ground.beat < LONGEST_REST else 0
        rest = int(rng.choice([1, 2, 3, 4], p=[0.45, 0.4, 0.1, 0.05]))
        rest = rest if rest * section.ground.beat < LONGEST_REST else 1
        beats = 1 if kind == "isolated" else max(2, bars * metre - late - rest)
        group = float(rng.choice(SLUR_GROUPS.get(section.character, (0.0, 0.0, 0.5, 1.0, 2.0))))
        events = phrase(rng, section.ground, kind, beats)
        if group and kind not in ("repeated", "isolated", "glissandi"):
            events = slurred(events, group)
        notes.extend(_perform(rng, section, events, bar * metre + late, start, number))
        bar, number = bar + bars, number + 1
        if bar < section.bars and of_rests.random() < PAUSES:
            bar += max(1, round(of_rests.uniform(*LONG_RESTS) / (metre * section.ground.beat)))
    return notes, bar


def _cut(notes: list[Note], last: float) -> tuple[Note, ...]:
    """The notes that fit before the time `last`, in seconds; the last one is shortened if it must be."""
    kept = [note for note in notes if note.onset <= last - 0.3]
    return tuple(
        Note(n.onset, min(n.duration, last - n.onset), n.pitch, n.loudness, n.slurred, n.phrase, n.glide)
        for n in kept
    )


def _silences(rng: np.random.Generator, seconds: float) -> tuple[float, float]:
    """Seconds that are silent before a recording's music and after it, no more than a fifth of it each."""
    before, after = np.where(rng.random(2) < AT_ONCE, 0.0, rng.uniform(*LONG_RESTS, 2))
    return min(float(before), 0.2 * seconds), max(min(float(after), 0.2 * seconds), END_SILENCE)


def _break(rng: np.random.Generator, bar: float, left: float) -> int:
    """How many bars the player rests before a section, each of `bar` seconds; music follows within `left`."""
    bars = int(rng.choice([0, 1, 2, 4, 6], p=[0.4, 0.1, 0.2, 0.2, 0.1]))
    return min(bars, int(min(LONGEST_BREAK, 0.4 * left) / bar))


def compose(instrument: str, seconds: float, seed: Sequence[int], *, breaks: bool = False) -> Score:
    """Write the music of one recording.

    Args:
        instrument: "trombone" or "cello".
        seconds: Length of the recording; at least 2.
        seed: Numbers that everything here is drawn from.
        breaks: Before some sections are bars of rest, in which only an accompaniment is heard.
    """
    assert seconds >= 2, "no phrase fits"
    rng = np.random.default_rng([*seed, list(RANGES).index(instrument)])
    of_breaks, of_rests = (np.random.default_rng([*seed, number]) for number in (62, 65))
    before, after = _silences(of_rests, seconds)
    start = float(rng.uniform(0.4, 0.9))
    if not breaks:  # or the accompaniment begins, and the player may rest then
        start = max(start, before)
    notes: list[Note] = []
    beats: list[float] = []
    downbeats: list[float] = []
    passages: list[Passage] = []
    while start < seconds - 1:
        section = _section(rng, instrument)
        beat, metre = section.ground.beat, section.ground.metre
        rest = _break(of_breaks, metre * beat, seconds - start) if breaks else 0
        number = notes[-1].phrase + 1 if notes else 0
        played, bars = _fill(rng, of_rests, section, start + rest * metre * beat, number)
        bars += rest
        grid = start + beat * np.arange(bars * metre)
        notes.extend(played)
        beats.extend(grid)
        downbeats.extend(grid[::metre])
        passages.append(Passage(start, beat, metre, bars, section.tonic, section.scale))
        start += bars * metre * beat
    inside = [np.array([time for time in times if time < seconds]) for times in (beats, downbeats)]
    return Score(instrument, seconds, _cut(notes, seconds - after), inside[0], inside[1], tuple(passages))
