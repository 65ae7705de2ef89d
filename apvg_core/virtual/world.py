"""Worlds: in which a rehearsal is heard. Who plays how, with whom, in which room, and how it is recorded."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.accompaniment import REHEARSED, accompany
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.interpretation import Interpretation
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound.band import band
from apvg_core.virtual.sound.capture import Capture
from apvg_core.virtual.sound.levels import amplitude, rms
from apvg_core.virtual.sound.noises import breath, clicks
from apvg_core.virtual.sound.room import Room, in_room
from apvg_core.virtual.sound.timbres import Sounds, Timbre

ACCOMPANIED: Final = 0.8
"""Share of the worlds with an accompaniment."""

LEVELS: Final = (-3.0, 20.0)
"""Decibels from the accompaniment up to the player, where the player sounds."""


@dataclass(frozen=True)
class Backing:
    """An accompaniment.

    Attributes:
        style: One of `accompaniment.STYLES`.
        font: The soundfont.
        level: Decibels from it up to the player, where the player sounds.
    """

    style: str
    font: Path
    level: float


@dataclass(frozen=True, kw_only=True)
class World:
    """All that a rehearsal's sound depends on besides the notes.

    Attributes:
        timbre: Whose sound it is.
        interpretation: How it is played.
        backing: What accompanies it.
        room: Where.
        capture: How it is recorded.
    """

    timbre: Timbre
    interpretation: Interpretation
    backing: Backing | None
    room: Room
    capture: Capture

    @classmethod
    def draw(cls, sounds: Sounds, seed: Sequence[int]) -> Self:
        """Draw a world from what is at hand.

        Args:
            sounds: What is at hand.
            seed: Numbers that everything is drawn from.
        """
        rng = np.random.default_rng([*seed, 63])
        backing = None
        if sounds.fonts and rng.random() < ACCOMPANIED:
            backing = Backing(str(rng.choice(REHEARSED)), sounds.draw_font(rng), float(rng.uniform(*LEVELS)))
        return cls(
            timbre=sounds.draw(rng),
            interpretation=Interpretation.draw(rng),
            backing=backing,
            room=Room.any(rng),
            capture=Capture.draw(rng),
        )

    def facts(self) -> dict[str, Any]:
        """Tell it as JSON; files are known by their names."""
        backing = self.backing and {**asdict(self.backing), "font": self.backing.font.name}
        capture = {name: value for name, value in asdict(self.capture).items() if value is not None}
        facts = {
            "timbre": self.timbre.name, "interpretation": asdict(self.interpretation), "backing": backing,
            "room": asdict(self.room), "capture": capture,
        }  # fmt: skip
        return dict(json.loads(json.dumps(facts)))  # with lists for tuples, as it is read again

    def heard(self, playing: TrombonePlaying | CelloPlaying, seed: Sequence[int]) -> npt.NDArray[np.float32]:
        """The sound of a playing in this world [shape=(samples,), 44.1 kHz, mono].

        It is within ±1, but for a little that a codec may add.

        Args:
            playing: It is played by the world's interpretation.
            seed: Numbers that the noises and the accompaniment are drawn from.
        """
        rng, score = np.random.default_rng([*seed, 64]), playing.score
        solo = self.timbre.sound(playing, rng)
        sounding = np.repeat(playing.loudness(np.arange(0, len(solo), 441) / SAMPLE_RATE) > 0, 441)[
            : len(solo)
        ]
        solo = solo / (rms(solo[sounding]) or 1.0)
        noises = 6 * breath(rng, score) + amplitude(rng.uniform(-45, -28)) * 10 * clicks(rng, score)
        mix = solo + noises
        if self.backing:
            parts = accompany(score, self.backing.style, rng)
            other = band(parts, self.backing.font, score.seconds, self.interpretation.tuning)
            # Measured where both sound: a second voice may rest through half of the music.
            together = other[sounding & (np.abs(other) > 1e-3)]
            mix = mix + amplitude(-self.backing.level) / (rms(together) or 1.0) * other
        return self.capture.record(in_room(rng, self.room, mix), rng).astype(np.float32)
