"""Timbres: sources of an instrument's sound, and which of them are at hand.

A folder of sounds holds soundfonts (`*.sf2`, `*.sf3`) and folders of single notes whose names are an
instrument's or end in one: `cello`, `tonejs-trombone`. `docs/sounds.md` tells where there are some, under
which terms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from apvg_core.errors import ConfigError
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound import additive, sampler
from apvg_core.virtual.sound.filters import shaded
from apvg_core.virtual.sound.fluidsynth import find_soundfonts, installed
from apvg_core.virtual.sound.samples import Sample, read_samples
from apvg_core.virtual.sound.soundfont import PROGRAMS, synthesise

HELD_OUT: Final = {"trombone": "tonejs-trombone", "cello": "tonejs-cello"}
"""For each instrument a folder of real notes that no rehearsal has: the listening test is played with it."""

RELATED: Final = {"trombone": (58, 60, 61, 70, 66), "cello": (41, 110, 40, 48)}
"""Programs of General MIDI that sound at the same pitch: tuba, horn, brass, bassoon, tenor saxophone; viola,
fiddle, violin, strings. Not the double bass: FluidR3's is silent above the middle of a cello's range."""

RELATED_NOTES: Final = {
    "trombone": (("french-horn",), ("bassoon",), ("tuba",)),
    "cello": (("contrabass", "viola", "violin"),),
}
"""Instruments whose single notes are taken; those in one bracket together make up for the range."""

BEGUN: Final = (0.1, 0.25, 0.5)
"""Shares of its level, one of which a soundfont's note has reached at its onset: slow and quick attacks."""

OWN_ATTACK: Final = 0.25
"""Share of the time of an attack for recorded sounds, which have attacks of their own."""


class Timbre(Protocol):
    """A source of an instrument's sound."""

    @property
    def name(self) -> str:
        """Its name, the same wherever its files lie."""

    def sound(self, playing: TrombonePlaying | CelloPlaying, rng: np.random.Generator) -> Array:
        """Play, dry [shape=(samples,), 44.1 kHz], a full note about 1 in amplitude."""


@dataclass(frozen=True)
class Additive:
    """Synthesis of our own, another specimen each time."""

    name: str = "additive"

    def sound(self, playing: TrombonePlaying | CelloPlaying, rng: np.random.Generator) -> Array:
        """Play."""
        return additive.synthesise(playing, rng)


@dataclass(frozen=True)
class Font:
    """An instrument of a soundfont.

    Attributes:
        path: The soundfont.
        program: The instrument, General MIDI from 0.
    """

    path: Path
    program: int

    @property
    def name(self) -> str:
        """The soundfont's name, and the program."""
        return f"{self.path.name}/{self.program}"

    def sound(self, playing: TrombonePlaying | CelloPlaying, rng: np.random.Generator) -> Array:
        """Play."""
        playing = _quicker(playing)
        sound = synthesise(playing, self.path, self.program, float(rng.choice(BEGUN)))
        return shaded(
            sound, np.repeat(playing.loudness(np.arange(0, len(sound), 64) / SAMPLE_RATE), 64)[: len(sound)]
        )


@dataclass(frozen=True)
class Notes:
    """Recorded single notes.

    Attributes:
        folders: Folders that make up for the range together.
    """

    folders: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The folders' names."""
        return "+".join(folder.name for folder in self.folders)

    def sound(self, playing: TrombonePlaying | CelloPlaying, rng: np.random.Generator) -> Array:
        """Play."""
        samples: list[Sample] = [sample for folder in self.folders for sample in read_samples(folder)]
        return sampler.play(_quicker(playing), samples, rng)


def _quicker(playing: TrombonePlaying | CelloPlaying) -> TrombonePlaying | CelloPlaying:
    """The playing, its notes set in at once: what is recorded does the rest."""
    way = playing.interpretation
    return replace(playing, interpretation=replace(way, attack=OWN_ATTACK * way.attack))


@dataclass(frozen=True)
class Sounds:
    """What is at hand for an instrument.

    Attributes:
        own: Sources of the instrument itself.
        related: Sources of related instruments.
        fonts: Soundfonts, to accompany with; none where FluidSynth is missing.
        held_out: The source that only the listening test has; None where it is missing.
    """

    own: tuple[Timbre, ...]
    related: tuple[Timbre, ...]
    fonts: tuple[Path, ...]
    held_out: Timbre | None

    @classmethod
    def find(cls, instrument: str, folder: Path | None = None) -> "Sounds":
        """Look for what there is.

        Args:
            instrument: "trombone" or "cello".
            folder: A folder of sounds, besides what distributions install.

        Raises:
            ConfigError: There is no such folder.
        """
        if folder is not None and not folder.is_dir():
            raise ConfigError(f"--sounds {folder} is not a folder; examples/sounds.sh makes one.")
        fonts = find_soundfonts(folder) if installed() else ()
        notes = _folders(folder)
        real = [path for path in notes if _is_of(path, (instrument,))]
        held_out = [path for path in real if path.name == HELD_OUT[instrument]]
        related = [
            Notes(tuple(path for path in notes if _is_of(path, names))) for names in RELATED_NOTES[instrument]
        ]
        return cls(
            own=(
                Additive(),
                *(Font(font, PROGRAMS[instrument]) for font in fonts),
                *(Notes((path,)) for path in real if path not in held_out),
            ),
            related=(
                *(each for each in related if each.folders),
                *(Font(font, program) for font in fonts for program in RELATED[instrument]),
            ),
            fonts=fonts,
            held_out=Notes((held_out[0],)) if held_out else None,
        )

    def draw(self, rng: np.random.Generator) -> Timbre:
        """Draw a source: in two thirds the instrument itself, else a related one; fonts, being many, less."""
        some: Sequence[Timbre] = self.related if self.related and rng.random() < 1 / 3 else self.own
        weights = np.array([_often(each.path) if isinstance(each, Font) else 4.0 for each in some])
        return some[int(rng.choice(len(some), p=weights / weights.sum()))]

    def draw_font(self, rng: np.random.Generator) -> Path:
        """Draw a soundfont to accompany with."""
        weights = np.array([_often(font) for font in self.fonts])
        return self.fonts[int(rng.choice(len(self.fonts), p=weights / weights.sum()))]


def _often(font: Path) -> float:
    """How often a soundfont is taken: compressed ones less, as they take seconds to be read."""
    return 0.5 if font.suffix == ".sf3" else 1.0


def _folders(folder: Path | None) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder else []


def _is_of(folder: Path, instruments: Sequence[str]) -> bool:
    """Return True if a folder's name says that it holds notes of one of some instruments."""
    return any(f"-{folder.name}".endswith(f"-{instrument}") for instrument in instruments)
