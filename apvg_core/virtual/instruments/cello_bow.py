"""The cello's bow.

Its frame: the origin at the frog's end of the hair, +x along the hair, +y from the hair towards the stick.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.virtual.instruments.mesh import (
    Mesh,
    box,
    ellipsoid,
    extrude,
    frame,
    merge,
    revolve,
    tube,
)
from apvg_core.virtual.instruments.outlines import Array, bezier, through

HAIR: Final = 0.60
"""Length of the hair that plays, metres."""

_HAIR_WIDTH, _HAIR_DEPTH = 0.011, 0.0022
_STICK = ((-0.066, 0.0235), (0.0, 0.0235), (0.15, 0.0200), (0.35, 0.0155), (0.52, 0.0165), (0.612, 0.0225))


@dataclass(frozen=True)
class Bow:
    """The bow in its own frame.

    Attributes:
        parts: Its meshes.
        hair: Length of the hair that plays, from the origin along +x, metres.
        grip: (3,) where the hand holds: on the stick, above the frog's front.
    """

    parts: tuple[Mesh, ...]
    hair: float
    grip: Array


def bow() -> Bow:
    """Build the bow; at most 1500 triangles."""
    return Bow(merge([*_stick(), *_frog(), *_hair_and_tip()]), HAIR, np.array([0.0, 0.0235, 0.0]))


def _stick() -> Iterator[Mesh]:
    """The stick, bent towards the hair, its leather and winding, the screw's button."""
    flat = through(_STICK, 4)
    path = np.column_stack([flat, np.zeros(len(flat))])
    yield tube(path, np.linspace(0.0058, 0.0050, len(path)), 10, "bow_wood")
    yield tube([(0.003, 0.0234, 0), (0.036, 0.0230, 0)], 0.0068, 10, "ebony")
    yield tube([(0.036, 0.0230, 0), (0.085, 0.0217, 0)], 0.0064, 10, "silver")
    button = [(-0.082, 0.004), (-0.080, 0.0058), (-0.066, 0.0058), (-0.0655, 0.004)]
    yield revolve(button, 10, "silver").moved(frame((0, 0.0235, 0)))


def _frog() -> Iterator[Mesh]:
    back = bezier([(-0.052, 0.0185), (-0.041, 0.012), (-0.058, 0.001), (-0.044, -0.002)], 6)
    front = bezier([(0.0, 0.006), (-0.007, 0.009), (-0.006, 0.0185), (-0.002, 0.0185)], 5)
    yield extrude([*back, (0.0, -0.002), *front], 0.014, "ebony", 0.0015)
    # The ferrule that holds the hair flat.
    yield box((0.013, 0.0078, 0.0155), "silver", 0.001).moved(frame((-0.005, 0.0018, 0)))
    for side in (-1, 1):
        yield ellipsoid((0.0038, 0.0038, 0.001), 10, "pearl").moved(frame((-0.025, 0.0085, side * 0.007)))


def _hair_and_tip() -> Iterator[Mesh]:
    ribbon = box((HAIR + 0.008, _HAIR_DEPTH, _HAIR_WIDTH), "horsehair")
    yield ribbon.moved(frame((HAIR / 2, _HAIR_DEPTH / 2, 0)))
    front = bezier([(0.607, 0.0285), (0.622, 0.0275), (0.624, 0.010), (0.628, -0.0015)], 5)
    back = bezier([(0.598, -0.0015), (0.606, 0.008), (0.603, 0.0155), (0.588, 0.0165)], 5)
    yield extrude([*front, *back, (0.588, 0.0255)], 0.0105, "bow_wood", 0.0025)
    yield box((0.031, 0.002, 0.0115), "pearl").moved(frame((0.613, -0.002, 0)))
