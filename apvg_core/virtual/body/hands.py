"""Hands: which way they point, and fingers that bend."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.body.rig import frame, turned, unit
from apvg_core.virtual.body.shape import Body

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hand:
    """A hand at rest.

    Attributes:
        side: "L" or "R".
        fingers: (3,) from the wrist towards the middle finger.
        palm: (3,) out of the palm.
        knuckles: (3,) middle of the knuckles, relative to the wrist, metres.
    """

    side: str
    fingers: Array
    palm: Array
    knuckles: Array

    @classmethod
    def of(cls, body: Body, side: str) -> "Hand":
        """The hand of a body."""
        rest = body.joints
        wrist = rest[f"wrist.{side}"]
        fingers = unit(rest[f"finger3-1.{side}"] - wrist)
        row = rest[f"finger5-1.{side}"] - rest[f"finger2-1.{side}"]
        palm = unit(np.cross(fingers, row)) * (1 if side == "R" else -1)
        middle = np.mean([rest[f"finger{k}-1.{side}"] for k in range(2, 6)], axis=0)
        return cls(side, fingers, palm, middle - wrist)

    def pointing(self, fingers: Array, palm: Array) -> Array:
        """Rotations [shape=(F, 3, 3)] that point the fingers and face the palm that way [shape=(F, 3)]."""
        return frame(fingers, palm) @ frame(self.fingers, self.palm).T

    def holding(self, point: Array, rotation: Array, forward: float, deep: float) -> Array:
        """Positions of the wrist [shape=(F, 3), metres] when the hand holds a point.

        Args:
            point: (F, 3) what is held, metres.
            rotation: (F, 3, 3) of the hand.
            forward: Metres from the knuckles towards the finger tips at which it is held.
            deep: Metres out of the palm at which it is held.
        """
        return np.asarray(point - rotation @ (self.knuckles + forward * self.fingers + deep * self.palm))

    def bent(self, angles: Sequence[Array], thumb: Array, spread: float = 0.0) -> dict[str, Array]:
        """Rotations of the finger bones.

        Args:
            angles: For index to little finger, (F, 3) radians by which the three joints bend.
            thumb: (F, 3) the same for the thumb, across the palm.
            spread: Radians between neighbouring fingers more than at rest.
        """
        hinge = np.cross(self.fingers, self.palm)
        bones = {}
        for finger, bends in enumerate(angles, start=2):
            aside = turned(self.palm, np.full(len(bends), (3.5 - finger) * spread * self._mirror))
            for joint in range(3):
                bend = turned(hinge, bends[:, joint])
                bones[f"finger{finger}-{joint + 1}.{self.side}"] = aside @ bend if joint == 0 else bend
        across = unit(self.fingers + 0.4 * self.palm) * self._mirror
        for joint in range(3):
            bones[f"finger1-{joint + 1}.{self.side}"] = turned(across, thumb[:, joint])
        return bones

    @property
    def _mirror(self) -> int:
        return 1 if self.side == "L" else -1
