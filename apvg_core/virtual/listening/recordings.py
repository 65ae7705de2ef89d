"""The recordings of the listening test: music whose truth is known, from a timbre that no training has.

Virtual performers play the same music under several conditions: by our own synthesis and by recorded single
notes of a real instrument, alone and with a guitar, in tune and out of it, in a hall; and music with breaks,
through which the guitar plays on.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import soundfile

import apvg_core
from apvg_core.cores import available_cores
from apvg_core.errors import ConfigError
from apvg_core.files import atomic_write, read_json
from apvg_core.progress import Progress
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.cello_playing import distance as along_the_string
from apvg_core.virtual.music.interpretation import AS_FILMED, Interpretation
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.score import Score
from apvg_core.virtual.music.trombone_playing import TrombonePlaying, displacement
from apvg_core.virtual.recording import Recording, Take
from apvg_core.virtual.sound.capture import Capture
from apvg_core.virtual.sound.fluidsynth import find_soundfont
from apvg_core.virtual.sound.room import Room
from apvg_core.virtual.sound.timbres import Additive, Sounds
from apvg_core.virtual.world import Backing, World

SEED: Final = 7000
"""Of music that no films and no rehearsals have."""

DRY: Final = Room(decay=0.2, distance=1.0, wet=-26.0)
STUDIO: Final = Room(decay=0.5, distance=2.0, wet=-13.0)
HALL: Final = Room(decay=2.0, distance=8.0, wet=0.0)

SLURS: Final = {"all": (0.0, 1.0), "separate": (0.0, 0.1), "slurred": (0.5, 1.0)}
"""Lowest and highest share of slurred notes in music of a kind."""

BREAKS: Final = (2.0, 4.0)
"""Shortest and longest rest (s) between two phrases that counts as a break."""

RESTED: Final = 0.1
"""Least share of a recording with breaks that they take."""

CANDIDATES: Final = 2000
"""Pieces of music among which those of a test are looked for."""

MOVES: Final = 0.035
"""Spread of the hand's position (m) below which there is little to hear: a cellist in first position."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition of the test.

    Attributes:
        real: By real notes, not by our own synthesis.
        room: Where.
        guitar: Decibels from a guitar's chords up to the player; None is no guitar.
        tuning: Semitones.
        bowing: Which music: all, or that of separate or slurred notes.
        breaks: Only music in which the player rests for some seconds now and then.
    """

    real: bool = True
    room: Room = DRY
    guitar: float | None = None
    tuning: float = 0.0
    bowing: Literal["all", "separate", "slurred"] = "all"
    breaks: bool = False


CONDITIONS: Final = {
    "own synthesis": Condition(real=False, room=STUDIO),
    "own synthesis, guitar 6 dB below": Condition(real=False, room=STUDIO, guitar=6.0),
    "real notes": Condition(),
    "real notes, 31 cents flat": Condition(tuning=-0.31),
    "real notes, in a hall": Condition(room=HALL),
    "real notes, guitar 12 dB below": Condition(guitar=12.0),
    "real notes, guitar 6 dB below": Condition(guitar=6.0),
    "real notes, guitar as loud": Condition(guitar=0.0),
    "real notes, separate": Condition(bowing="separate"),
    "real notes, slurred": Condition(bowing="slurred"),
    "real notes, breaks, guitar 6 dB below": Condition(guitar=6.0, breaks=True),
}
"""The conditions, by what is heard."""


@dataclass(frozen=True)
class Excerpt:
    """One recording of the test."""

    condition: str
    take: Take
    world: World
    path: Path

    @property
    def recording(self) -> Recording:
        """The music, and how it is played."""
        return Recording(self.take)

    def facts(self) -> dict[str, Any]:
        """Return all that decides its sound, as JSON."""
        take = self.take
        music = {name: getattr(take, name) for name in ("seed", "number", "seconds", "breaks")}
        return {"apvg": apvg_core.__version__, **music, "world": self.world.facts()}


def plan(instrument: str, out: Path, folder: Path | None, recordings: int, seconds: float) -> list[Excerpt]:
    """Plan all recordings of an instrument.

    Raises:
        ConfigError: The held-out notes or FluidSynth are missing, or there is too little music.
    """
    sounds = Sounds.find(instrument, folder)
    if sounds.held_out is None or not sounds.fonts:
        raise ConfigError(
            f"The listening test needs real notes of a {instrument} (bash examples/sounds.sh sounds/ fetches "
            "them for --sounds sounds/), and FluidSynth with a soundfont for the guitar."
        )
    font = find_soundfont() or sounds.fonts[0]  # the films' where it is, so that the test is the same one
    tests = []
    for number, (name, condition) in enumerate(CONDITIONS.items()):
        interpretation = Interpretation(tuning=condition.tuning) if condition.tuning else AS_FILMED
        world = World(
            timbre=sounds.held_out if condition.real else Additive(),
            interpretation=interpretation,
            backing=None if condition.guitar is None else Backing("guitar", font, condition.guitar),
            room=condition.room,
            capture=Capture(),
        )
        for k, take in enumerate(music(instrument, condition, recordings, seconds)):
            path = out / instrument / f"{number} {name} {k}.wav"
            tests.append(Excerpt(name, replace(take, interpretation=interpretation), world, path))
    return tests


def music(instrument: str, condition: Condition, recordings: int, seconds: float) -> list[Take]:
    """Choose the music that is played: the first pieces that suit a condition.

    Raises:
        ConfigError: There is too little.
    """
    takes = (
        Take(
            instrument=instrument, performer=0, seed=SEED, number=number, seconds=seconds,
            breaks=condition.breaks,
        )
        for number in range(CANDIDATES)
    )  # fmt: skip
    found = list(islice((take for take in takes if _suits(Recording(take), condition)), recordings))
    if len(found) < recordings:
        raise ConfigError(
            f"There is too little music of {seconds:g} s in which the hand moves as the listening test "
            "needs it; ask for longer recordings with --seconds, or for fewer with --recordings."
        )
    return found


def _suits(recording: Recording, condition: Condition) -> bool:
    """Return True for music in which the hand moves, slurred and with breaks as is wanted."""
    if condition.breaks and not _has_breaks(recording.score):
        return False
    notes = recording.playing.score.notes
    low, high = SLURS[condition.bowing]
    return low <= sum(note.slurred for note in notes) / len(notes) <= high and _moves(recording.playing)


def _has_breaks(score: Score) -> bool:
    shortest, longest = BREAKS
    rests = np.diff(rests_of(score))
    return bool(rests[rests >= shortest].sum() >= RESTED * score.seconds and rests.max() <= longest)


def rests_of(score: Score) -> Array:
    """Beginning and end of the rests between two phrases [shape=(rests, 2), seconds]."""
    spans = score.phrases
    return np.stack([spans[:-1, 1], spans[1:, 0]], axis=1)


def _moves(playing: TrombonePlaying | CelloPlaying) -> bool:
    times = np.arange(0, playing.score.seconds, 0.04)
    return bool(hand_metres(playing, times)[playing.loudness(times) > 0].std() >= MOVES)


def hand_metres(playing: TrombonePlaying | CelloPlaying, times: Array) -> Array:
    """Metres that the slide is out, or that the left hand is from the nut, at times (n,) [shape=(n,)]."""
    if isinstance(playing, CelloPlaying):
        return along_the_string(playing.hand(times))
    return displacement(playing.position(times))


def make(tests: Sequence[Excerpt], jobs: int | None, on_progress: Progress) -> None:
    """Write the recordings that are not there yet.

    Args:
        tests: From `plan`.
        jobs: Recordings at a time; None is one a core.
        on_progress: Called after each recording.
    """
    waiting = [test for test in tests if not _is_made(test)]
    if not waiting:
        return
    for folder in {test.path.parent for test in waiting}:
        folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs or available_cores(), mp_context=get_context("spawn")) as pool:
        for done, _ in enumerate(pool.map(_write, waiting), start=1):
            on_progress("make", done, len(waiting))


def _is_made(test: Excerpt) -> bool:
    try:
        return test.path.is_file() and read_json(test.path.with_suffix(".json")) == test.facts()
    except (OSError, ValueError):
        return False


def _write(test: Excerpt) -> None:
    sound = test.world.heard(test.recording.playing, [SEED, test.take.number])
    with atomic_write(test.path) as temporary:
        soundfile.write(temporary, sound, SAMPLE_RATE, subtype="PCM_16", format="WAV")
    with atomic_write(test.path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(test.facts()) + "\n", encoding="utf-8")
