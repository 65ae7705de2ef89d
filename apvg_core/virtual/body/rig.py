"""Bones in motion: forward kinematics of the body, and arms that reach a place.

All arrays begin with the frame axis F. A rotation turns the body's rest axes into the world's (y up); a bone
left alone stays as at rest relative to its parent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from apvg_core.virtual.body.shape import Body

Array = npt.NDArray[np.float64]

_LONGEST_REACH: Final = 0.995
"""Share of the arm's length that is used; a straight elbow would have no direction to bend to."""


def unit(vectors: Array) -> Array:
    """Vectors [shape=(..., 3)] at length one."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def frame(first: Array, second: Array) -> Array:
    """Rotations [shape=(..., 3, 3)] whose first column is `first`, the second nearest to `second`."""
    x = unit(first)
    z = unit(np.cross(x, second))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def turned(axis: Array, angles: Array) -> Array:
    """Rotations [shape=(F, 3, 3)] by `angles` (radians, shape (F,)) about one axis or one a frame."""
    return np.asarray(Rotation.from_rotvec(unit(axis) * angles[:, None]).as_matrix())


def angle_about(axis: Array, rotations: Array) -> Array:
    """Compute how far `rotations` (F, 3, 3) turn about `axis` (F, 3), unit [shape=(F,), radians]."""
    quaternions = Rotation.from_matrix(rotations).as_quat()
    along = np.sum(quaternions[:, :3] * axis, axis=1)
    angles = 2 * np.arctan2(along, quaternions[:, 3])
    return np.asarray((angles + np.pi) % (2 * np.pi) - np.pi)


@dataclass
class Pose:
    """A body's pose: where every bone is, in every frame.

    Attributes:
        body: Whose bones they are.
        rotations: By bone, (F, 3, 3).
        heads: By bone, (F, 3) where it begins, metres.
    """

    body: Body
    rotations: dict[str, Array] = field(default_factory=dict)
    heads: dict[str, Array] = field(default_factory=dict)

    def place(self, root: Array, local: Mapping[str, Array]) -> None:
        """Place every bone, those in `local` turned [shape=(F, 3, 3)] relative to their parents."""
        for bone, parent in zip(self.body.bones, self.body.parents, strict=True):
            if parent < 0:
                self.heads[bone] = root
                self.rotations[bone] = local[bone]
            else:
                self._hang(bone, self.body.bones[parent], local.get(bone))

    def _hang(self, bone: str, parent: str, local: Array | None) -> None:
        offset = self.body.joints[bone] - self.body.joints[parent]
        self.heads[bone] = self.heads[parent] + self.rotations[parent] @ offset
        turn = self.rotations[parent]
        self.rotations[bone] = turn if local is None else turn @ local

    def point(self, bone: str, place: Array) -> Array:
        """Find where a place (3,) of the resting body has moved to with `bone` [shape=(F, 3)]."""
        return np.asarray(self.heads[bone] + self.rotations[bone] @ (place - self.body.joints[bone]))

    def reach(self, side: str, wrist: Array, hand: Array, elbow: Array, fingers: Mapping[str, Array]) -> None:
        """Bring a wrist to a place, by the angles of a triangle with the sides of the arm.

        Args:
            side: "L" or "R".
            wrist: (F, 3) where the wrist is to be; a place out of reach is approached as far as the arm goes.
            hand: (F, 3, 3) rotation of the hand.
            elbow: (F, 3) direction in which the elbow points, away from the line from shoulder to wrist.
            fingers: (F, 3, 3) by bone, relative to its parent.
        """
        names = [
            f"{bone}.{side}" for bone in ("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")
        ]
        upper, upper_twist, lower, lower_twist, wrist_bone = names
        rest = self.body.joints
        arm, forearm = rest[lower] - rest[upper], rest[wrist_bone] - rest[lower]
        longest, shoulder = np.linalg.norm(arm) + np.linalg.norm(forearm), self.heads[upper]
        distance = np.linalg.norm(wrist - shoulder, axis=1, keepdims=True)
        ahead = (wrist - shoulder) / distance
        distance = np.minimum(distance, _LONGEST_REACH * longest)
        along = (arm @ arm - forearm @ forearm + distance**2) / (2 * distance)
        aside = unit(elbow - np.sum(elbow * ahead, axis=1, keepdims=True) * ahead)
        bend = shoulder + along * ahead + np.sqrt(np.maximum(arm @ arm - along**2, 0)) * aside
        end = shoulder + distance * ahead

        hinge, rest_hinge = np.cross(bend - shoulder, end - bend), np.cross(arm, forearm)
        whole_upper = frame(bend - shoulder, hinge) @ frame(arm, rest_hinge).T
        whole_lower = frame(end - bend, hinge) @ frame(forearm, rest_hinge).T
        # the two halves of an arm's segment share its twist, as skin over bones does
        clavicle = self.rotations[f"clavicle.{side}"]
        axis = unit(bend - shoulder)
        twist = angle_about(axis, whole_upper @ np.swapaxes(clavicle, 1, 2))
        self.rotations[upper] = turned(axis, -twist / 2) @ whole_upper
        self.rotations[upper_twist] = whole_upper
        axis = unit(end - bend)
        twist = angle_about(axis, hand @ np.swapaxes(whole_lower, 1, 2))
        self.rotations[lower] = turned(axis, 0.2 * twist) @ whole_lower
        self.rotations[lower_twist] = turned(axis, 0.7 * twist) @ whole_lower
        self.rotations[wrist_bone] = hand
        for bone, before in zip(names[1:], names, strict=False):
            offset = rest[bone] - rest[before]
            self.heads[bone] = self.heads[before] + self.rotations[before] @ offset
        self.heads[lower], self.heads[wrist_bone] = bend, end
        for bone, parent in zip(self.body.bones, self.body.parents, strict=True):
            if bone.startswith("finger") and bone.endswith(side):
                self._hang(bone, self.body.bones[parent], fingers.get(bone))

    def matrices(self) -> Array:
        """Compute matrices that carry the resting body's vertices to where they are [shape=(F, B, 4, 4)]."""
        frames = len(self.heads[self.body.bones[0]])
        matrices = np.zeros((frames, len(self.body.bones), 4, 4))
        matrices[..., 3, 3] = 1
        for k, bone in enumerate(self.body.bones):
            matrices[:, k, :3, :3] = self.rotations[bone]
            matrices[:, k, :3, 3] = self.heads[bone] - self.rotations[bone] @ self.body.joints[bone]
        return matrices
