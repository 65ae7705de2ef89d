"""One recording: music, the sound of it, the images of it, and the truth about it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.errors import ConfigError
from apvg_core.skeleton import JOINTS
from apvg_core.truth import SCHEMA as TRUTH_SCHEMA
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.cellist import Cellist
from apvg_core.virtual.manner import Array, Mood, Motion
from apvg_core.virtual.music import cello_playing, trombone_playing
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.expression import Expression
from apvg_core.virtual.music.interpretation import AS_FILMED, Interpretation, articulated
from apvg_core.virtual.music.score import Score, compose
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.sound.microphone import Timbre, render
from apvg_core.virtual.stage.materials import palette
from apvg_core.virtual.stage.render import Renderer
from apvg_core.virtual.stage.room import room_of
from apvg_core.virtual.trombonist import Trombonist

MIN_SECONDS: Final = 4.0
"""Shorter music has no phrase."""

_BLOCK: Final = 250
"""Frames that are posed at a time, so that memory does not grow with the recording."""


def check_amount(recordings: int, seconds: float) -> None:
    """Check how many recordings are asked for, and how long.

    Raises:
        ConfigError: There would be none, or they would be too short for music, or have no end.
    """
    if recordings < 1 or not MIN_SECONDS <= seconds < math.inf:
        raise ConfigError(f"--recordings must be 1 or more, --seconds {MIN_SECONDS} or more.")


@dataclass(frozen=True, kw_only=True)
class Take:
    """All that decides a recording.

    Attributes:
        instrument: "trombone" or "cello".
        performer: Number of the player: body, clothes, manner.
        seed: Seed of the music.
        number: Which of the recordings of that seed, from 0.
        seconds: How long.
        timbre: Synthesis of the sound.
        soundfont: Path of the soundfont, where the timbre is one.
        breaks: There are bars in which only an accompaniment is heard.
        interpretation: How the score is played.
    """

    instrument: str
    performer: int
    seed: int
    number: int
    seconds: float
    timbre: Timbre = "additive"
    soundfont: Path | None = None
    breaks: bool = False
    interpretation: Interpretation = AS_FILMED


@dataclass(frozen=True)
class Recording:
    """A take, ready to be heard and seen."""

    take: Take

    @cached_property
    def score(self) -> Score:
        """The music."""
        take = self.take
        seed = [take.seed, take.number]
        score = compose(take.instrument, take.seconds, seed, breaks=take.breaks)
        return articulated(score, seed) if take.interpretation.articulated else score

    @cached_property
    def playing(self) -> TrombonePlaying | CelloPlaying:
        """The music as it is played."""
        module = trombone_playing if self.take.instrument == "trombone" else cello_playing
        return module.play(self.score, self.take.interpretation)

    @cached_property
    def expression(self) -> Expression:
        """Expression that the body follows."""
        return Expression(self.playing.score, self.playing.loudness)

    def sound(self) -> npt.NDArray[np.float32]:
        """Sound at the microphone [shape=(samples,), 44.1 kHz, mono]."""
        seed = [self.take.seed, self.take.number, self.take.performer]
        return render(self.playing, seed, self.take.timbre, self.take.soundfont)

    def images(self, times: Array, width: int, height: int) -> Iterator[tuple[npt.NDArray[np.uint8], Array]]:
        """Frame by frame the image, and the joints in it.

        Yields [shape=(height, width, 3), RGB] and [shape=(60, 2), in [0, 1]].

        Raises:
            DependencyError: OpenGL cannot be had on this machine.
        """
        player, perform = self._player()
        renderer = Renderer(
            player.surfaces,
            palette=palette(player.appearance.colours),
            paint=player.appearance.paint,
            camera=player.camera,
            room=room_of(self.take.performer),
            width=width,
            height=height,
        )
        try:
            for motion in self._motions(perform, times):
                for matrices, joints in zip(motion.matrices, motion.joints, strict=True):
                    yield renderer.draw(matrices), player.camera.project(joints, width / height)
        finally:
            renderer.close()

    def joints(self, times: Array) -> Array:
        """The joints in a square image, without drawing it [shape=(F, 60, 2), in [0, 1]]."""
        player, perform = self._player()
        return np.concatenate(
            [player.camera.project(motion.joints, 1.0) for motion in self._motions(perform, times)]
        )

    def _motions(self, perform: Callable[[Mood, Array], Motion], times: Array) -> Iterator[Motion]:
        for start in range(0, len(times), _BLOCK):
            block = times[start : start + _BLOCK]
            yield perform(Mood.at(self.expression, block), block)

    def _player(self) -> tuple[Trombonist | Cellist, Callable[[Mood, Array], Motion]]:
        playing = self.playing
        if isinstance(playing, TrombonePlaying):
            trombonist = Trombonist(self.take.performer)
            return trombonist, lambda mood, times: trombonist.perform(playing, mood, times)
        cellist = Cellist(self.take.performer)
        return cellist, lambda mood, times: cellist.perform(playing, mood, times)

    def truth(self, times: Array, joints: Array) -> dict[str, Any]:
        """Everything that is known of the recording, ready for JSON.

        Args:
            times: (F,) seconds of the frames.
            joints: (F, 60, 2) as `images` gives them.
        """
        settings = asdict(self.take)
        settings["soundfont"] = self.take.soundfont and self.take.soundfont.name
        playing = self.playing
        if isinstance(playing, TrombonePlaying):
            curves = _trombone_curves(playing, times)
        else:
            curves = _cello_curves(playing, times)
        return {
            "schema": TRUTH_SCHEMA,
            **settings,
            "sample_rate": SAMPLE_RATE,
            "beats": _rounded(playing.score.beats),
            "downbeats": _rounded(playing.score.downbeats),
            "notes": playing.truth(),
            "frames": {"time": _rounded(times), **curves},
            "joints": {"names": list(JOINTS), "xy": _rounded(joints)},
        }


def _rounded(values: Array) -> list[Any]:
    listed: list[Any] = np.round(values, 4).tolist()
    return listed


def _trombone_curves(playing: TrombonePlaying, times: Array) -> dict[str, list[Any]]:
    position = playing.position(times)
    return {
        "pitch": _rounded(playing.pitch(times)),
        "loudness": _rounded(playing.loudness(times)),
        "slide_position": _rounded(position),
        "slide_metres": _rounded(trombone_playing.displacement(position)),
    }


def _cello_curves(playing: CelloPlaying, times: Array) -> dict[str, list[Any]]:
    return {
        "pitch": _rounded(playing.pitch(times)),
        "loudness": _rounded(playing.loudness(times)),
        "string": _rounded(playing.string(times)),
        "stop": _rounded(playing.stop(times)),
        "left_hand_position": _rounded(playing.hand(times)),
        "left_hand_metres": _rounded(cello_playing.distance(playing.hand(times))),
        "finger": playing.finger(times).tolist(),
        "bow_position": _rounded(playing.bow(times)),
        "bow_direction": playing.direction(times).astype(int).tolist(),
        "bow_contact": _rounded(playing.contact(times)),
        "vibrato": _rounded(playing.vibrato(times)),
    }
