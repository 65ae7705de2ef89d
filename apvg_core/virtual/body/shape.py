"""A performer's body: MakeHuman's mesh in the shape asked for, and the bones that move it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SKIN, CLOTHES, EYES = range(3)
_UNIT: Final = 5e-5
"""Metres in one step of the stored vertices."""


@dataclass(frozen=True)
class Body:
    """A body at rest: arms half lowered, facing +z, y up, metres.

    Attributes:
        vertices: (V, 3).
        template: (V, 3) the same vertices on MakeHuman's base mesh, whatever the shape: where to paint.
        faces: (F, 3) indices of vertices.
        parts: (V,) SKIN, CLOTHES or EYES.
        weight_bones: (V, 4) the bones that move a vertex.
        weights: (V, 4) their shares.
        bones: (B,) names, parents first; ".L" is the player's own left.
        parents: (B,) index of each bone's parent, -1 for the root.
        joints: Places by name: where each bone begins, finger tips, toes, eyes.
    """

    vertices: Array
    template: Array
    faces: npt.NDArray[np.int64]
    parts: npt.NDArray[np.uint8]
    weight_bones: npt.NDArray[np.uint8]
    weights: Array
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    joints: dict[str, Array]


@cache
def _baked() -> dict[str, npt.NDArray[np.generic]]:
    with np.load(Path(__file__).with_name("body.npz"), allow_pickle=False) as file:
        return {name: file[name] for name in file}


def shape_body(mix: Mapping[str, float]) -> Body:
    """The body that is the base mesh plus shares of named changes of shape (`bake.SHAPES`)."""
    baked = _baked()
    names = [str(name) for name in baked["shapes"]]
    shares = np.zeros(len(names))
    for name, share in mix.items():
        shares[names.index(name)] = share
    forms = np.asarray(baked["vertex_forms"], np.float64) * _UNIT
    joint_forms = np.asarray(baked["joint_forms"], np.float64)
    places = joint_forms[0] + np.tensordot(shares, joint_forms[1:], 1)
    return Body(
        vertices=forms[0] + np.tensordot(shares, forms[1:], 1),
        template=forms[0],
        faces=np.asarray(baked["faces"], np.int64),
        parts=np.asarray(baked["parts"], np.uint8),
        weight_bones=np.asarray(baked["weight_bones"], np.uint8),
        weights=np.asarray(baked["weights"], np.float64) / 255,
        bones=tuple(str(name) for name in baked["bones"]),
        parents=tuple(int(parent) for parent in baked["parents"]),
        joints={str(name): position for name, position in zip(baked["joints"], places, strict=True)},
    )
