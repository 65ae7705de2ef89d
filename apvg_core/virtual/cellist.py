"""A cellist, seen from the front: all motion is a function of what is played."""

from functools import cached_property
from typing import Final

import numpy as np

from apvg_core.virtual.body.dress import appearance_of, dressed
from apvg_core.virtual.body.hands import Hand
from apvg_core.virtual.body.landmarks import joints
from apvg_core.virtual.body.rig import Pose, frame, turned, unit
from apvg_core.virtual.body.shape import shape_body
from apvg_core.virtual.instruments.cello import (
    bow_angle,
    bow_point,
    cello,
    string_point,
)
from apvg_core.virtual.instruments.cello_bow import bow
from apvg_core.virtual.instruments.chair import SEAT_HEIGHT, chair
from apvg_core.virtual.manner import Array, Manner, Mood, Motion, X, Y, Z, bent_forward, upper_body
from apvg_core.virtual.music.cello_playing import STRING_LENGTH, CelloPlaying, distance
from apvg_core.virtual.stage.camera import Camera
from apvg_core.virtual.stage.render import Surface
from apvg_core.virtual.stage.scene import moved_by, rigid

_UP: Final = np.array([0.156, 0.839, -0.545])
_FRONT: Final = np.array([-0.10, 0.545, 0.839])
"""Along the strings and out of the top plate: leaning back by 33 degrees, the neck to the player's left."""

_CHEST_TOUCHES: Final = np.array([0.0, 0.30, -0.12])
"""Point of the cello's back that leans against the chest, in its own axes."""

_HAIR_USED: Final = 0.48
"""Share of the hair that plays for each metre of the player's height: who is small does not reach the tip."""

_HAND_SPAN: Final = 3.5
"""Semitones between the first finger and the fourth."""


class Cellist:
    """A seated player with a cello.

    Attributes:
        appearance: Colours and cut.
        camera: In front, a little to the player's right, so that the neck does not hide the face.
    """

    def __init__(self, performer: int) -> None:
        """Dress and seat the player of that number and hand over the instrument."""
        self.appearance = appearance_of(performer)
        self._manner = Manner.of(performer)
        self._body = body = shape_body(self.appearance.mix)
        self._hands = {side: Hand.of(body, side) for side in "LR"}
        self._bow = bow()
        self._used = _HAIR_USED * float(np.ptp(body.vertices[:, 1]))
        seat = body.joints["upperleg.L"][1] - 0.115
        self._root = body.joints["root"] + [0, SEAT_HEIGHT - seat, -0.02]
        side = unit(np.cross(_UP, _FRONT))
        self._axes = np.stack([side, unit(_UP), np.cross(side, unit(_UP))], axis=1)
        position = self._chest() + np.array([0.035, -0.07, 0.05]) - self._axes @ _CHEST_TOUCHES
        short = cello()
        endpin = 0.3 + (position + self._axes @ short.floor)[1] / self._axes[1, 1]
        self._cello = cello(float(endpin))
        self._foot = position + self._axes @ self._cello.floor
        target = np.array([0.03, 0.80, 0.2])
        self.camera = Camera(target + np.array([-0.75, 0.30, 3.6]), target, 21.5)

    @cached_property
    def surfaces(self) -> list[Surface]:
        """What is drawn, when it is wanted: rehearsals are not."""
        held, moving, still = range(len(self._body.bones), len(self._body.bones) + 3)
        return [
            *dressed(self._body, self.appearance),
            *(rigid(mesh, held) for mesh in self._cello.parts),
            *(rigid(mesh, moving) for mesh in self._bow.parts),
            *(rigid(mesh, still) for mesh in chair()),
        ]

    def _chest(self) -> Array:
        x, y, _ = self._body.template.T
        front = self._body.vertices[(y > 0.40) & (y < 0.44) & (np.abs(x) < 0.05)]
        return np.array([0.0, front[:, 1].mean(), front[:, 2].max()]) + self._root - self._body.joints["root"]

    def _legs(self, count: int) -> dict[str, Array]:
        """Thighs forwards and apart, shins down, feet on the floor."""
        rest, turns = self._body.joints, {}
        down, back = -Y, -Z
        for side, out in (("L", 1), ("R", -1)):
            thigh = rest[f"lowerleg.{side}"] - rest[f"upperleg.{side}"]
            shin = rest[f"foot.{side}"] - rest[f"lowerleg.{side}"]
            raised = frame(np.array([0.42 * out, -0.10, 0.95]), down) @ frame(thigh, back).T
            hanging = frame(np.array([0.10 * out, -1.0, 0.02]), back) @ frame(shin, back).T
            foot = turned(Y, np.array([0.25 * out]))[0]
            for bone, turn in (
                ("upperleg", raised),
                ("lowerleg", raised.T @ hanging),
                ("foot", hanging.T @ foot),
            ):
                turns[f"{bone}.{side}"] = np.tile(turn, (count, 1, 1))
        return turns

    def perform(self, playing: CelloPlaying, mood: Mood, times: Array) -> Motion:
        """Move to the music at `times` [shape=(F,), seconds]."""
        count = len(times)
        stroke = playing.bow(times)
        body = upper_body(self._manner, mood) | self._legs(count)
        # the trunk gives way to the bow arm, and the head looks past the neck of the cello
        follow = 0.12 * (stroke - 0.45) * playing.contact(times)
        body["spine03"] = body["spine03"] @ turned(X, 0 * follow + 0.02) @ turned(Z, follow)
        body["spine02"] = body["spine02"] @ turned(X, 0 * follow + 0.03) @ turned(Y, 0.5 * follow)
        body["head"] = body["head"] @ turned(X, 0 * follow + 0.15) @ turned(Y, 0.10 + 0.08 * mood.lean)
        body["clavicle.R"] = body["clavicle.R"] @ turned(Y, 0.35 * stroke)
        pose = Pose(self._body)
        pose.articulate(np.tile(self._root, (count, 1)), body)

        # the cello leans against the chest and turns about its endpin
        axes = turned(X, 0.25 * bent_forward(self._manner, mood)) @ self._axes
        position = self._foot - axes @ self._cello.floor
        bow_axes, frog = self._bowing(playing, times, axes, position)
        self._draw_bow(pose, bow_axes, frog, stroke)
        self._stop(pose, playing, times, axes, position)
        still = np.tile(np.eye(4), (count, 1, 1))
        matrices = [moved_by(axes, position), moved_by(bow_axes, frog), still]
        return Motion(np.concatenate([pose.matrices(), np.stack(matrices, axis=1)], axis=1), joints(pose))

    def _bowing(
        self, playing: CelloPlaying, times: Array, axes: Array, position: Array
    ) -> tuple[Array, Array]:
        """The bow's axes [shape=(F, 3, 3)] and the frog's position [shape=(F, 3), metres]."""
        string = playing.string(times)
        tilt, none = bow_angle(string), np.zeros(len(times))
        along = np.stack([np.cos(tilt), none, np.sin(tilt)], axis=1)
        off = np.stack([-np.sin(tilt), none, np.cos(tilt)], axis=1)
        lift = 0.05 * (1 - playing.contact(times))[:, None]
        hair = (1 - self._used) / 2 + self._used * playing.bow(times)
        frog = bow_point(string) + lift * off - (self._bow.hair * hair)[:, None] * along
        own = np.stack([along, off, np.cross(along, off)], axis=-1)
        return axes @ own, position + np.einsum("fij,fj->fi", axes, frog)

    def _draw_bow(self, pose: Pose, axes: Array, frog: Array, stroke: Array) -> None:
        """The right hand over the stick, fingers hanging in front of it; the wrist leads each stroke."""
        hand, one = self._hands["R"], np.ones((len(frog), 1))
        bend = (stroke - 0.45)[:, None]
        fingers_axis = np.einsum("fij,fj->fi", axes, one * [0.30, 0.50, 0.62] + bend * [0.5, 0.0, -0.2])
        rotation = hand.pointing(fingers_axis, axes @ np.array([0.10, -0.85, 0.45]))
        curl = one * [0.50, 0.55, 0.35] + 0.15 * bend
        fingers = hand.bent([curl, 1.1 * curl, 1.1 * curl, 0.9 * curl], one * [0.3, 0.25, 0.3], spread=0.06)
        wrist = hand.holding(frog + axes @ self._bow.grip, rotation, forward=0.02, deep=0.028)
        pose.reach("R", wrist, rotation, one * [-0.9, -0.25, -0.5], fingers)

    def _stop(self, pose: Pose, playing: CelloPlaying, times: Array, axes: Array, position: Array) -> None:
        """The left hand on the strings: the stopping finger presses, vibrato rocks, a hand at rest opens."""
        hand, one = self._hands["L"], np.ones((len(times), 1))
        shift, rock = playing.hand(times), playing.vibrato(times)
        middle = (distance(shift) + distance(shift + _HAND_SPAN)) / 2 + 0.0035 * rock
        board = np.einsum("fij,fj->fi", axes, string_point(playing.string(times), middle / STRING_LENGTH))
        fingers_axis, palm = axes @ np.array([-0.85, 0.10, 0.35]), axes @ np.array([-0.25, -0.05, -0.95])
        rotation = turned(axes[:, :, 1], 0.10 * rock) @ hand.pointing(fingers_axis, palm)
        pressed = _pressed(playing, times)
        curls = [np.stack([0.50 + 0.34 * p, 0.70 + 0.10 * p, 0.42 + 0.13 * p], axis=1) for p in pressed.T]
        fingers = hand.bent(curls, one * [0.1, 0.2, 0.2], spread=0.10)
        wrist = hand.holding(position + board, rotation, forward=0.025, deep=0.052)
        pose.reach("L", wrist, rotation, one * [0.9, -0.45, -0.1], fingers)


def _pressed(playing: CelloPlaying, times: Array) -> Array:
    """Press of the fingers 1 to 4 [shape=(F, 4), 0 to 1]; falling or rising takes 80 ms."""
    around = times[:, None] + np.linspace(-0.04, 0.04, 9)
    down = playing.finger(around.ravel()).reshape(around.shape)
    return np.stack([(down == finger).mean(axis=1) for finger in range(1, 5)], axis=1)
