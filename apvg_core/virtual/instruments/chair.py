"""A plain concert chair.

Its frame: the origin on the floor under the seat's middle, +y up, the back at −z.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from apvg_core.virtual.instruments.mesh import Mesh, extrude, frame, merge, tube
from apvg_core.virtual.instruments.outlines import arc, through

SEAT_HEIGHT: Final = 0.46
"""Height of the seat's top over the floor, metres."""

_SEAT, _BACK, _LEG = 0.045, 0.03, 0.012
_WIDTH, _DEPTH, _CORNER = 0.44, 0.42, 0.05
_QUARTER: Final = np.linspace(0, np.pi / 2, 4)


def chair() -> tuple[Mesh, ...]:
    """Build the chair; at most 1000 triangles."""
    return merge([_seat(), *_back(), *_legs()])


def _seat() -> Mesh:
    """A cushion with round corners."""
    x, z = _WIDTH / 2 - _CORNER, _DEPTH / 2 - _CORNER
    corners = (((x, z), 0.0), ((-x, z), 0.5), ((-x, -z), 1.0), ((x, -z), 1.5))
    outline = [arc(centre, (_CORNER, 0), (0, _CORNER), _QUARTER + turn * np.pi) for centre, turn in corners]
    lying = frame((0, SEAT_HEIGHT - _SEAT / 2, 0), (1, 0, 0), (0, 0, -1))
    return extrude(np.concatenate(outline), _SEAT, "chair", 0.015).moved(lying)


def _back() -> Iterator[Mesh]:
    """Two posts that lean back, and a curved rest between them."""
    z = -_DEPTH / 2
    for side in (-1, 1):
        x = side * (_WIDTH / 2 - 0.03)
        post = [(x, SEAT_HEIGHT - 0.04, z + 0.02), (x, SEAT_HEIGHT + 0.12, z - 0.01), (x, 0.86, z - 0.075)]
        yield tube(through(post, 2), _LEG, 8, "chair_metal")
    bend = np.linspace(-1, 1, 9)
    front = np.column_stack([0.21 * bend, -0.03 * (1 - bend**2)])
    outline = [*front, *(front[::-1] - np.array([0, _BACK]))]
    # It is extruded along its height, which leans back with the posts.
    tilt = 0.17
    standing = frame((0, 0.76, z - 0.008), (-1, 0, 0), (0, np.sin(tilt), np.cos(tilt)))
    yield extrude(outline, 0.22, "chair", 0.008).moved(standing)


def _legs() -> Iterator[Mesh]:
    for side in (-1, 1):
        for end in (-1, 1):
            foot = (side * _WIDTH * 0.47, 0.0, end * _DEPTH * 0.5)
            top = (side * _WIDTH * 0.42, SEAT_HEIGHT - _SEAT, end * _DEPTH * 0.40)
            yield tube([foot, top], _LEG, 8, "chair_metal")
