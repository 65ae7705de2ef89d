"""A manner of moving with the music, and an upper body that does, for players of any instrument."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.body.rig import turned
from apvg_core.virtual.music.expression import Expression

Array = npt.NDArray[np.float64]

X, Y, Z = np.eye(3)


@dataclass(frozen=True)
class Motion:
    """A stretch of a performance.

    Attributes:
        matrices: (F, bones, 4, 4) what moves the surfaces.
        joints: (F, 60, 3) the skeleton's joints, metres.
    """

    matrices: Array
    joints: Array


@dataclass(frozen=True)
class Manner:
    """Strength of a player's movements: radians at the full strength of a curve of `Expression`.

    Attributes:
        lean: Forwards as the music climbs; negative: backwards.
        beat: To and fro with the beat.
        nod: With accents.
        breath: Upright with a breath.
        swell: Towards what is loud.
        turn: To the side as the music climbs.
    """

    lean: float
    beat: float
    nod: float
    breath: float
    swell: float
    turn: float

    @classmethod
    def of(cls, performer: int) -> "Manner":
        """The manner that belongs to a performer's number."""
        rng = np.random.default_rng([performer, 2])
        lean, beat, nod, breath, swell, turn = np.radians(
            rng.uniform((0.8, 0.5, 1.5, 1.0, 0.6, 2.0), (1.8, 1.2, 3.5, 2.0, 1.5, 4.0))
        )
        return cls(lean * rng.choice([-1, 1]), beat, nod, breath, swell, turn)


@dataclass(frozen=True)
class Mood:
    """The curves of `Expression` at the times of some frames, each [shape=(F,)]."""

    playing: Array
    breath: Array
    beat: Array
    accent: Array
    lean: Array
    swell: Array
    blink: Array

    @classmethod
    def at(cls, expression: Expression, times: Array) -> "Mood":
        """The mood at `times` [shape=(F,), seconds]."""
        return cls(**{name: getattr(expression, name)(times) for name in cls.__dataclass_fields__})


def bent_forward(manner: Manner, mood: Mood) -> Array:
    """Compute how far the upper body bends forwards [shape=(F,), radians]."""
    return (
        manner.lean * mood.lean
        + manner.beat * mood.beat
        + manner.swell * mood.swell
        - manner.breath * mood.breath * mood.playing
    )


def upper_body(manner: Manner, mood: Mood) -> dict[str, Array]:
    """Turns of spine, neck, head, lids, shoulders [shape=(F, 3, 3)] by bone, relative to their parents."""
    forward, turn = bent_forward(manner, mood), manner.turn * mood.lean
    nod, lift = manner.nod * mood.accent, 0.07 * mood.breath
    lid = turned(X, 0.6 * mood.blink)
    return {
        "root": turned(X, 0 * forward),
        "spine04": turned(X, 0.3 * forward),
        "spine03": turned(X, 0.3 * forward) @ turned(Y, 0.4 * turn),
        "spine02": turned(X, 0.4 * forward - 0.4 * manner.breath * mood.breath) @ turned(Y, 0.6 * turn),
        "neck01": turned(X, 0.5 * nod - 0.3 * forward),
        "head": turned(X, 0.5 * nod + 0.10 * (1 - mood.playing)),
        "clavicle.L": turned(Z, 0.05 + lift),
        "clavicle.R": turned(Z, -0.05 - lift),
        "lid.L": lid,
        "lid.R": lid,
    }
