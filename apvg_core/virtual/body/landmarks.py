"""The joints of the toolkit's skeleton on a virtual body, as a pose estimator would mark them."""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import FINGERS, JOINTS
from apvg_core.virtual.body.rig import Pose
from apvg_core.virtual.body.shape import SKIN, Body

Array = npt.NDArray[np.float64]

NOSE: Final = (0.0, 0.694, 0.168)
LIPS: Final = (0.0, 0.660, 0.157)
EAR: Final = (0.078, 0.725, 0.035)
"""On MakeHuman's base mesh, metres; the right ear is its mirror image."""

_BONES: Final = {
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
    "hip": "upperleg",
    "knee": "lowerleg",
    "ankle": "foot",
}


def skin_place(body: Body, template: tuple[float, float, float]) -> Array:
    """Find a place of the base mesh's skin on this body [shape=(3,)]."""
    distance = np.linalg.norm(body.template - np.array(template), axis=1) + (body.parts != SKIN)
    return np.asarray(body.vertices[np.argmin(distance)])


def joints(pose: Pose) -> Array:
    """Find the skeleton's joints in a pose [shape=(F, 60, 3), metres]."""
    return np.stack([_joint(pose, name) for name in JOINTS], axis=1)


def _joint(pose: Pose, name: str) -> Array:
    if name == "neck":
        return (pose.heads["upperarm01.L"] + pose.heads["upperarm01.R"]) / 2
    if name == "nose":
        return pose.point("head", skin_place(pose.body, NOSE))
    side, _, place = name.partition("_")
    mark = side[0].upper()
    if place.startswith("hand_"):
        return _hand_joint(pose, place.removeprefix("hand_"), mark)
    if place == "eye":
        return pose.point("head", pose.body.joints[f"eye.{mark}"])
    if place == "ear":
        x, y, z = EAR
        return pose.point("head", skin_place(pose.body, (x if mark == "L" else -x, y, z)))
    return pose.heads[f"{_BONES[place]}.{mark}"]


def _hand_joint(pose: Pose, name: str, side: str) -> Array:
    if name == "root":
        return pose.heads[f"wrist.{side}"]
    finger, _, number = name.partition("_")
    stem = f"finger{FINGERS.index(finger) + 1}"
    if number == "4":
        return pose.point(f"{stem}-3.{side}", pose.body.joints[f"{stem}-tip.{side}"])
    return pose.heads[f"{stem}-{number}.{side}"]
