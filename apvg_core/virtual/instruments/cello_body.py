"""The cello's sound box: two arched plates on ribs, with purfling and f-holes.

In the frame of `cello.py`: the origin on the top plate's middle under the bridge, +y towards the scroll, +z
out of the top plate.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from apvg_core.virtual.instruments.mesh import Mesh, frame, inset_outline, loft, triangulate
from apvg_core.virtual.instruments.outlines import Array, arc, bezier, through

BOTTOM: Final = -0.355
"""y of the lower edge; the bridge stands as far above it as on a real one."""

TOP: Final = 0.400
"""y of the upper edge: 0.755 m of body."""

EDGE: Final = -0.025
"""z of the top plate's edge: the arch rises by 25 mm to z = 0 under the bridge."""

BACK_EDGE: Final = EDGE - 0.122
_RISE, _OVERHANG, _PLATE = 0.025, 0.0035, 0.0045

_BOUTS: Final = (
    # (x, distance from the lower edge): lower bout, its corner, the C, the upper corner, upper bout
    ((0.000, 0.000), (0.120, 0.000), (0.2195, 0.045), (0.2195, 0.150)),
    ((0.2195, 0.150), (0.2195, 0.215), (0.168, 0.228), (0.190, 0.284)),
    ((0.184, 0.291), (0.150, 0.293), (0.115, 0.350), (0.115, 0.410)),
    ((0.115, 0.410), (0.115, 0.462), (0.130, 0.500), (0.152, 0.512)),
    ((0.157, 0.518), (0.140, 0.556), (0.170, 0.570), (0.170, 0.625)),
    ((0.170, 0.625), (0.170, 0.705), (0.100, 0.755), (0.000, 0.755)),
)

_ARCH: Final = (_BOUTS[0], ((0.2195, 0.150), (0.2195, 0.250), (0.115, 0.300), (0.115, 0.410)))
_ARCH_ABOVE: Final = (((0.115, 0.410), (0.115, 0.500), (0.170, 0.530), (0.170, 0.625)), _BOUTS[-1])
"""The bouts as they would be without corners: the arch follows these, so that the corners stay flat."""


def outline() -> Array:
    """The edge of the plates, counter-clockwise from the lower edge's middle [shape=(N, 2), metres]."""
    steps = (9, 8, 7, 7, 7, 9)
    pieces = [bezier(bout, count) for bout, count in zip(_BOUTS, steps, strict=True)]
    # Only the rounded joints share a point; at the corners the edge runs straight on to the next piece.
    right = np.concatenate([pieces[0][:-1], pieces[1], pieces[2][:-1], pieces[3], pieces[4][:-1], pieces[5]])
    left = right[-2:0:-1] * np.array([-1, 1])
    return np.concatenate([right, left]) + np.array([0, BOTTOM])


def body() -> Iterator[Mesh]:
    """Everything of the box; at most 6000 triangles."""
    edge = outline()
    top = _plate(edge)
    yield top
    turned_over = frame((0, 0, EDGE + BACK_EDGE), (-1, 0, 0), (0, 1, 0))
    yield top.moved(turned_over)
    ribs = inset_outline(edge, _OVERHANG)
    levels = (EDGE - _PLATE / 2, BACK_EDGE + _PLATE / 2)
    yield loft(np.array([_level(ribs, z) for z in levels]), "varnish_dark", lid=triangulate(ribs))

    purfling = _inlay(top, inset_outline(edge, 0.007), np.full(len(edge), 0.0013), closed=True)
    yield purfling
    yield purfling.moved(turned_over)
    for side in (-1, 1):
        yield from _f_hole(top, side)


def _level(points: Array, z: float) -> Array:
    return np.column_stack([points, np.full(len(points), z)])


def _plate(edge: Array) -> Mesh:
    """The top: rings of its outline's shape that shrink to a line along the middle."""
    middle = np.array([0.0, (TOP + BOTTOM) / 2])
    spine = middle + (edge - middle) * np.array([0.0, 0.62])
    rings = [_level(spine, EDGE - _PLATE), _level(edge, EDGE - _PLATE), _level(edge, EDGE - 0.001)]
    for share in (0.008, 0.05, 0.11, 0.19, 0.28, 0.40, 0.55, 0.75, 1.0):
        ring = edge + share * (spine - edge)
        rings.append(np.column_stack([ring, EDGE + _RISE * _arch(ring)]))
    # The first and the last ring are folded up into a line: nothing is open there.
    return loft(np.array(rings), "varnish", lid=np.empty((0, 3), np.int64))


def _arch(points: Array) -> Array:
    """Compute the rise of the plate at `points` (N, 2) [shape=(N,), 0 at the edge to 1 in the middle].

    Hollow along the edge, then round: the profile that plates are carved to.
    """
    half, distance = np.concatenate([bezier(bout, 12) for bout in (*_ARCH, *_ARCH_ABOVE)]).T
    from_bottom = points[:, 1] - BOTTOM
    across = np.abs(points[:, 0]) / (np.interp(from_bottom, distance, half) + 1e-6)
    from_end = np.minimum(from_bottom, TOP - points[:, 1]) / 0.21
    inwards = np.clip(np.column_stack([1 - across, from_end]), 0, 1) ** 0.85
    return np.asarray(np.prod(0.5 - 0.5 * np.cos(np.pi * inwards), axis=1))


def _f_hole(top: Mesh, side: int) -> Iterator[Mesh]:
    """An f: a long s between two eyes, with a notch at the bridge's height. `side` is ±1."""
    mirror = np.array([side, 1.0])
    upper = [(0.063, 0.050), (0.053, 0.059), (0.046, 0.048), (0.055, 0.028), (0.0665, 0.000)]
    lower = [(0.078, -0.030), (0.088, -0.052), (0.083, -0.066), (0.071, -0.057)]
    stem = through([*upper, *lower], 3)
    widths = 0.0018 + 0.0026 * np.sin(np.linspace(0, np.pi, len(stem))) ** 2
    yield _inlay(top, stem * mirror, widths)
    for centre, radius in (((0.0615, 0.051), 0.0068), ((0.073, -0.0585), 0.0082)):
        turns = np.linspace(0, np.pi, 9)
        disc = arc(centre, (0, radius), (0, 0), turns)
        yield _inlay(top, disc * mirror, radius * np.sin(turns) + 1e-5)
    yield _inlay(top, np.array([(0.060, 0.000), (0.073, 0.000)]) * mirror, np.full(2, 0.0011))


def _inlay(plate: Mesh, path: Array, half_widths: Array, closed: bool = False) -> Mesh:
    """A dark band that lies on a plate along `path` (N, 2), `half_widths` (N,) to either side."""
    along = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    across = np.column_stack([-along[:, 1], along[:, 0]]) / np.linalg.norm(along, axis=1, keepdims=True)
    sides = [path + offset * half_widths[:, None] * across for offset in (-1.0, 0.0, 1.0)]
    # Just proud of the plate, by what a depth buffer needs; the rim sinks in.
    heights = [
        _height(plate, side) + lift for side, lift in zip(sides, (0.0003, 0.0009, 0.0003), strict=True)
    ]
    edges = [np.column_stack([side, z]) for side, z in zip(sides, heights, strict=True)]
    sunk = edges[1] - np.array([0, 0, 0.003])
    return loft(np.stack([*edges, sunk], axis=1), "ink", closed=closed)


def _height(plate: Mesh, points: Array) -> Array:
    """The z of a plate's upper surface at `points` (N, 2) [shape=(N,)]."""
    a, b, c = plate.vertices[plate.faces].transpose(1, 0, 2)
    u, v = b - a, c - a
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    upward = area > 1e-12
    a, u, v, area = a[upward], u[upward], v[upward], area[upward]
    offset = points[:, None] - a[:, :2]
    s = (offset[..., 0] * v[:, 1] - offset[..., 1] * v[:, 0]) / area
    t = (u[:, 0] * offset[..., 1] - u[:, 1] * offset[..., 0]) / area
    # The triangle whose barycentric coordinates are least negative holds the point.
    best = np.argmax(np.minimum(np.minimum(s, t), 1 - s - t), axis=1)
    row = np.arange(len(points))
    return np.asarray(a[best, 2] + s[row, best] * u[best, 2] + t[row, best] * v[best, 2])
