"""A trombonist, seen from the left: all motion is a function of what is played."""

from functools import cached_property
from typing import Final

import numpy as np

from apvg_core.virtual.body.dress import appearance_of, dressed
from apvg_core.virtual.body.hands import Hand
from apvg_core.virtual.body.landmarks import LIPS, joints, skin_point
from apvg_core.virtual.body.rig import Pose, turned
from apvg_core.virtual.body.shape import shape_body
from apvg_core.virtual.instruments.trombone import Lengths, trombone
from apvg_core.virtual.manner import Array, Manner, Mood, Motion, X, Y, Z, bent_forward, upper_body
from apvg_core.virtual.music.trombone_playing import TrombonePlaying, displacement
from apvg_core.virtual.stage.camera import Camera
from apvg_core.virtual.stage.render import Surface
from apvg_core.virtual.stage.scene import moved_by, rigid

TRAVEL: Final = 0.29
"""Share of a real slide's travel for each metre of the player's height, so that every arm is long enough."""

LONGEST_TRAVEL: Final = 0.51
"""Upper bound of that, for the tallest, whose slide would leave the image."""

_LOWEST: Final = -0.45
"""Height on the base mesh below which the camera sees nothing of the player."""

_HAND_BRACE: Final = 0.27
"""Metres from the lips to the right hand in first position: further than usual, apart from the left one."""

_LEFT_HOLDS: Final = (0.035, 0.065, 0.012)
"""From the bar on which the left hand belongs to where it is, clear of the face, in the trombone's axes."""

_ROLL: Final = np.radians(40)
_AXES: Final = np.stack(
    [Z, np.sin(_ROLL) * X + np.cos(_ROLL) * Y, np.sin(_ROLL) * Y - np.cos(_ROLL) * X], axis=1
)
"""The trombone's axes when it is level: the bell comes up beside the head, clear of the face."""


class Trombonist:
    """A standing player with a trombone.

    Attributes:
        appearance: Colours and cut.
        camera: To the player's left: from the right one hand would hide the other.
        travel: Metres that the slide moves for each metre of a real one.
    """

    def __init__(self, performer: int) -> None:
        """Dress the player of that number and hand over the instrument."""
        self.appearance = appearance_of(performer)
        self._manner = Manner.of(performer)
        self._elevation = float(np.radians(np.random.default_rng([performer, 3]).uniform(-9, -3)))
        self._body = body = shape_body(self.appearance.mix)
        self._hands = {side: Hand.of(body, side) for side in "LR"}
        self.travel = min(TRAVEL * float(np.ptp(body.vertices[:, 1])), LONGEST_TRAVEL)
        slide_end = _HAND_BRACE + self.travel * float(displacement(np.array(7.0))) + 0.025
        self._horn = trombone(
            Lengths(brace=0.11, hand_brace=_HAND_BRACE, slide_end=slide_end, bell_rim=0.33, crook=0.20)
        )
        self._lips = skin_point(body, LIPS)
        self._root = body.joints["root"] - [0, body.vertices[:, 1].min(), 0]
        lips = self._lips + self._root - body.joints["root"]
        self.camera = Camera(lips + np.array([3.4, 0.0, 1.0]), lips + np.array([0, -0.17, 0.32]), 20)

    @cached_property
    def surfaces(self) -> list[Surface]:
        """What is drawn, when it is wanted: rehearsals are not."""
        horn, slide = range(len(self._body.bones), len(self._body.bones) + 2)
        return [
            *dressed(self._body, self.appearance, lowest=_LOWEST),
            *(rigid(mesh, horn) for mesh in self._horn.fixed),
            *(rigid(mesh, slide) for mesh in self._horn.slide),
        ]

    def perform(self, playing: TrombonePlaying, mood: Mood, times: Array) -> Motion:
        """Move to the music at `times` [shape=(F,), seconds]."""
        slide, before, after = (
            self.travel * displacement(playing.position(moment))
            for moment in (times, times - 0.02, times + 0.02)
        )
        rest = 1 - mood.playing
        pose = Pose(self._body)
        body = upper_body(self._manner, mood)
        # the chest turns to a far slide and the shoulder follows; the head does not
        body["spine02"] = body["spine02"] @ turned(Y, 1.2 * slide)
        body["neck01"] = body["neck01"] @ turned(Y, -1.2 * slide)
        body["clavicle.R"] = body["clavicle.R"] @ turned(Y, 0.9 * slide)
        body["upperleg.L"], body["upperleg.R"] = turned(Z, 0 * slide - 0.08), turned(Z, 0 * slide + 0.08)
        pose.articulate(np.tile(self._root, (len(times), 1)), body)

        lips = pose.point("head", self._lips)
        rise = self._elevation - 0.6 * bent_forward(self._manner, mood) - self._manner.nod * mood.accent
        rise += self._manner.swell * mood.swell - 0.08 * rest
        turn = 0.5 * self._manner.turn * mood.lean - 0.06
        axes = turned(Y, turn) @ turned(X, -rise) @ _AXES
        out = slide[:, None] * axes[:, :, 0]
        self._hold(pose, lips + axes @ (self._horn.left_grip + _LEFT_HOLDS), rest, mood.accent)
        self._push(pose, lips + axes @ self._horn.right_grip + out, slide, (after - before) / 0.04)
        matrices = [moved_by(axes, lips), moved_by(axes, lips + out)]
        return Motion(np.concatenate([pose.matrices(), np.stack(matrices, axis=1)], axis=1), joints(pose))

    def _hold(self, pose: Pose, grip: Array, rest: Array, accent: Array) -> None:
        """The left hand carries the instrument, fingers up; the index loosens at rest."""
        hand, one = self._hands["L"], np.ones((len(grip), 1))
        rotation = hand.pointing(one * [0.03, 0.75, 0.35], one * [-0.9, -0.02, -0.02])
        curl = one * [0.49, 0.56, 0.35]
        loose = (0.15 * rest - 0.1 * accent)[:, None]
        fingers = hand.bent(
            [curl - loose, 1.24 * curl, 1.32 * curl, 1.38 * curl], one * [0.3, 0.2, 0.2], spread=0.06
        )
        wrist = hand.holding(grip, rotation, forward=0.01, deep=0.03)
        pose.reach("L", wrist, rotation, one * [0.7, -0.8, -0.1], fingers)

    def _push(self, pose: Pose, grip: Array, slide: Array, speed: Array) -> None:
        """The right hand moves the slide: fingers up when near, forwards when far; the wrist gives way."""
        hand, one = self._hands["R"], np.ones((len(grip), 1))
        give = turned(X, -0.29 * np.tanh(speed))
        fingers_axis = one * [0.37, 1.11, 0.32] + slide[:, None] * [0.0, -1.2, 1.6]
        rotation = give @ hand.pointing(fingers_axis, one * [0.86, -0.39, -0.33])
        curl = one * [0.25, 0.32, 0.18] + 0.12 * np.tanh(np.abs(speed))[:, None]
        fingers = hand.bent([curl, 1.3 * curl, 1.45 * curl, 1.5 * curl], one * [0.1, 0.07, 0.07], spread=0.05)
        wrist = hand.holding(grip - [0, 0.022, 0], rotation, forward=0.06, deep=0.04)
        pose.reach("R", wrist, rotation, one * [-0.6, -0.8, -0.1], fingers)
