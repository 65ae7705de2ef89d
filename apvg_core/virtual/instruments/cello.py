"""A cello of the usual size, and where its strings are.

Its frame: the origin on the top plate's middle under the bridge, +y along the strings towards the scroll, +z
out of the top plate, x = y × z, which is on the right of a viewer who looks at the front with the scroll up.
Strings are counted C, G, D, A = 0 to 3, from the viewer's left (the player's right) to the right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.instruments import cello_body
from apvg_core.virtual.instruments.mesh import (
    Mesh,
    box,
    ellipsoid,
    extrude,
    frame,
    loft,
    merge,
    revolve,
    tube,
)
from apvg_core.virtual.instruments.outlines import Array, through
from apvg_core.virtual.music.cello_playing import STRING_LENGTH

BRIDGE_HEIGHT: Final = 0.092
"""z of the bridge's highest point."""

NUT_Z: Final = -0.022
"""z of the nut's highest point: the neck leans back."""

BRIDGE_RADIUS: Final = 0.062
"""Of the arc on which the strings lie on the bridge; on the nut it is the same."""

BRIDGE_STEP, NUT_STEP = 0.262, 0.120
"""Radians between one string and the next on those arcs: 16 mm and 7.4 mm."""

BOW_DISTANCE: Final = 0.07
"""From the bridge to where the bow plays, metres."""

_NUT_Y: Final = float(np.sqrt(STRING_LENGTH**2 - (BRIDGE_HEIGHT - NUT_Z) ** 2))
_STRING_RADII = (0.0020, 0.0018, 0.0016, 0.0014)
_TAIL_Y, _TAIL_Z = -0.115, 0.050

_PEGS: Final = ((0, 0.030, -1), (3, 0.047, 1), (1, 0.068, -1), (2, 0.085, 1))
"""String, place along the pegbox, side."""


@dataclass(frozen=True)
class Cello:
    """The instrument in its own frame.

    Attributes:
        parts: Its meshes.
        floor: (3,) the endpin's tip, metres.
        neck: (3, 3) rows x, along the strings towards the nut, out of the fingerboard: the left hand's axes.
    """

    parts: tuple[Mesh, ...]
    floor: Array
    neck: Array


def cello(endpin: float = 0.30) -> Cello:
    """Build the instrument; at most 10500 triangles.

    Args:
        endpin: Its length below the body, metres.
    """
    tip = np.array([0, cello_body.BOTTOM - endpin, (cello_body.EDGE + cello_body.BACK_EDGE) / 2])
    neck = _neck_frame()
    # The neck, its head and what is on them are built along the neck's own axes, from the nut.
    held = [part.moved(neck) for part in (*_fingerboard(), _neck(), *_head(), *_pegs())]
    parts = [*cello_body.body(), *held, *_bridge(), *_tailpiece(), *_strings(neck), *_endpin(tip)]
    return Cello(merge(parts), tip, neck[:3, :3].T)


def string_point(string: npt.ArrayLike, fraction: npt.ArrayLike) -> Array:
    """Places on the strings' axes [shape=(..., 3), metres].

    Args:
        string: (...) 0 to 3 for C, G, D, A; what is between lies between them on the arc.
        fraction: (...) of the string's length, from 0 at the nut to 1 at the bridge.
    """
    place, fraction = np.broadcast_arrays(np.asarray(string, float) - 1.5, np.asarray(fraction, float))
    bridge = _on_arc(place * BRIDGE_STEP, 0.0, BRIDGE_HEIGHT)
    nut = _on_arc(place * NUT_STEP, _NUT_Y, NUT_Z)
    return np.asarray(nut + fraction[..., None] * (bridge - nut))


def bow_point(string: npt.ArrayLike) -> Array:
    """Find where the bow plays on a string [shape=(..., 3), metres]; `string` as in `string_point`."""
    return string_point(string, 1 - BOW_DISTANCE / STRING_LENGTH)


def bow_angle(string: npt.ArrayLike) -> Array:
    """Compute the bow's tilt from +x towards +z to touch one string alone [shape=(...), radians].

    It is the tangent of the arc on which the strings lie where the bow plays.
    """
    place = np.asarray(string, float)
    ahead, behind = bow_point(place + 0.5), bow_point(place - 0.5)
    return np.arctan2(ahead[..., 2] - behind[..., 2], ahead[..., 0] - behind[..., 0])


def _on_arc(turn: Array, y: float, top: float) -> Array:
    depth = BRIDGE_RADIUS * (np.cos(turn) - 1)
    return np.stack([BRIDGE_RADIUS * np.sin(turn), np.full_like(turn, y), top + depth], axis=-1)


def _neck_frame() -> Array:
    """From the neck's axes (x, along the strings, off the fingerboard; origin on the nut) to the cello's."""
    along = np.array([0, _NUT_Y, NUT_Z - BRIDGE_HEIGHT]) / STRING_LENGTH
    return frame((0, _NUT_Y, NUT_Z), (1, 0, 0), along)


def _section(y: float, shape: Array) -> Array:
    """A ring of `shape` (N, 2: x, z) at `y`."""
    return np.column_stack([shape[:, 0], np.full(len(shape), y), shape[:, 1]])


def _fingerboard() -> Iterator[Mesh]:
    rings = []
    for share in np.linspace(0, 1, 6):
        half, top = 0.0165 + 0.0155 * share, -0.0030 - 0.0055 * share
        turns = np.linspace(-1, 1, 9) * np.arcsin(half / BRIDGE_RADIUS)
        curve = np.column_stack([np.sin(turns), np.cos(turns) - 1]) * BRIDGE_RADIUS + np.array([0, top])
        under = np.array([[half, curve[-1, 1] - 0.006], [-half, curve[0, 1] - 0.006]])
        rings.append(_section(-0.585 * share, np.concatenate([curve, under])))
    yield loft(np.array(rings), "ebony")
    nut = [_section(y, rings[0][:, [0, 2]] + np.array([0, 0.0022])) for y in (0.0, 0.007)]
    yield loft(np.array(nut), "ebony")


def _neck(heel_y: float = -0.2835) -> Mesh:
    """Round behind the fingerboard, and deep at its heel, where it meets the ribs down to the back."""
    rows = [(0.01, 0.0135, 0.022), (-0.05, 0.0140, 0.023), (-0.15, 0.0150, 0.025), (-0.205, 0.0158, 0.028)]
    rows += [
        (-0.235, 0.0168, 0.040),
        (-0.253, 0.0175, 0.062),
        (-0.262, 0.0180, 0.100),
        (-0.266, 0.0185, 0.150),
    ]
    rows += [(heel_y - 0.012, 0.021, 0.176)]
    turns = np.linspace(0, np.pi, 11)
    rings = []
    for y, half, depth in rows:
        curve = np.column_stack([half * np.cos(turns), -0.010 - (depth - 0.010) * np.sin(turns) ** 0.7])
        rings.append(_section(y, curve))
    return loft(np.array(rings), "varnish")


def _head() -> Iterator[Mesh]:
    """The pegbox, which bends back a little, and the scroll, whose turns grow wider as they grow smaller."""
    centre, turns = np.array([0.152, -0.012]), np.linspace(0, 4.4 * np.pi, 45)
    spiral = 0.0315 * np.exp(-turns / 9.0)
    radial = np.column_stack([np.sin(turns), -np.cos(turns)])
    band = 0.46 * spiral * np.clip(1.1 - turns / 40, 0.5, 1)
    half = 0.0125 + 0.0185 * np.clip(turns / (3.2 * np.pi), 0, 1) ** 1.1
    box_rows = [
        (0.000, -0.0130, 0.0085, 0.0130),
        (0.014, -0.0165, 0.0135, 0.0160),
        (0.035, -0.0190, 0.0155, 0.0175),
    ]
    box_rows += [(0.070, -0.0215, 0.0150, 0.0165), (0.105, -0.0280, 0.0135, 0.0140)]
    middles = np.array([(y, z) for y, z, _, _ in box_rows])
    centres = np.concatenate([middles, centre + (spiral - band)[:, None] * radial])
    bands = np.concatenate([[deep for _, _, deep, _ in box_rows], band])
    halves = np.concatenate([[wide for _, _, _, wide in box_rows], half])
    outward = np.concatenate([np.tile([0.0, -1.0], (len(box_rows), 1)), radial])
    corners = np.array(
        [(-1, -1), (-0.4, -1.15), (0.4, -1.15), (1, -1), (1, 1), (0.4, 0.9), (-0.4, 0.9), (-1, 1)]
    )
    rings = np.empty((len(centres), len(corners), 3))
    rings[..., 0] = corners[:, 0] * halves[:, None]
    rings[..., 1:] = centres[:, None] - (corners[:, 1] * bands[:, None])[..., None] * outward[:, None]
    yield loft(rings, "varnish_dark")
    for side in (-1, 1):
        eye = ellipsoid((0.004, 0.008, 0.008), 10, "varnish_dark")
        yield eye.moved(frame((side * half[-1], *centre)))
    yield box((0.016, 0.066, 0.004), "ink").moved(frame((0, 0.050, -0.0080), (1, 0, 0), _unit(0, 1, -0.10)))


def _unit(x: float, y: float, z: float) -> Array:
    return np.array([x, y, z]) / np.linalg.norm([x, y, z])


def _pegs() -> Iterator[Mesh]:
    for _, y, side in _PEGS:
        shaft = [(-0.020, 0.0045), (0.034, 0.0060), (0.038, 0.0075), (0.042, 0.0055)]
        out = frame((0, y, _peg_depth(y)), (side, 0, 0), (0, 1, 0))
        yield revolve(shaft, 8, "ebony").moved(out)
        yield ellipsoid((0.017, 0.0135, 0.0055), 10, "ebony").moved(out @ frame((0.056, 0, 0)))


def _peg_depth(y: float) -> float:
    return -0.012 - 0.10 * y


def _bridge() -> Iterator[Mesh]:
    """Feet, legs and wings, the strings' arc on top; the heart as a dark spot on both faces."""
    half = [(0.013, 0.013), (0.020, 0.004), (0.022, -0.004), (0.046, -0.004), (0.046, 0.003), (0.035, 0.012)]
    half += [(0.031, 0.026), (0.027, 0.036), (0.036, 0.044), (0.041, 0.052), (0.036, 0.058), (0.0315, 0.0685)]
    turns = np.linspace(0.52, -0.52, 9)
    crown = np.column_stack([np.sin(turns), np.cos(turns) - 1]) * BRIDGE_RADIUS + np.array([0, BRIDGE_HEIGHT])
    right = np.array(half)
    left = right[::-1] * np.array([-1, 1])
    standing = frame((0, 0, 0), (1, 0, 0), (0, 0, 1))
    yield extrude(np.concatenate([right, crown, left]), 0.009, "maple", 0.0012).moved(standing)
    heart = ellipsoid((0.0075, 0.006, 0.0065), 10, "ink")
    for x in (-0.005, 0.005):
        yield heart.moved(frame((x, 0, 0.050)))


def _tailpiece() -> Iterator[Mesh]:
    """Broad under the strings' ends, with a fine tuner for each, and hung over the saddle on its gut."""
    rows = [(_TAIL_Y, 0.030, _TAIL_Z), (-0.16, 0.029, 0.044), (-0.23, 0.024, 0.033), (-0.29, 0.0195, 0.022)]
    rows += [(-0.326, 0.017, 0.013), (-0.334, 0.012, 0.010)]
    turns = np.linspace(0, np.pi, 9)
    curve = np.column_stack([np.cos(turns), np.sin(turns)])
    rings = []
    for y, half, z in rows:
        arched = curve * np.array([half, 0.4 * half]) + np.array([0, z - 0.4 * half - 0.003])
        under = np.array([[-half, arched[-1, 1] - 0.005], [half, arched[0, 1] - 0.005]])
        rings.append(_section(y, np.concatenate([arched, under])))
    yield loft(np.array(rings), "ebony")
    for string in range(4):
        x, _, z = _tail_point(string)
        screw = [(-0.006, 0.003), (0.006, 0.003), (0.007, 0.0045), (0.011, 0.0045)]
        standing = frame((x, _TAIL_Y - 0.022, z), (0, 0, 1), (0, 1, 0))
        yield revolve(screw, 8, "silver").moved(standing)
    for side in (-1, 1):
        gut = [(side * 0.008, -0.325, 0.004), (side * 0.009, -0.352, -0.017), (side * 0.006, -0.359, -0.05)]
        yield tube(through(gut, 3), 0.0017, 6, "ink")
    yield box((0.036, 0.010, 0.008), "ebony").moved(frame((0, -0.352, -0.024)))


def _tail_point(string: int) -> Array:
    place = (string - 1.5) / 1.5
    return np.array([0.019 * place, _TAIL_Y - 0.004, _TAIL_Z - 0.001 - 0.0025 * place**2])


def _strings(neck: Array) -> Iterator[Mesh]:
    """From the tailpiece over the bridge and the nut to the pegs."""
    for string, y, side in _PEGS:
        peg = neck @ np.array([0.006 * side, y, _peg_depth(y) + 0.005, 1])
        ends = string_point(string, [1, 0])
        path = [_tail_point(string), *ends, peg[:3]]
        yield tube(path, _STRING_RADII[string], 6, "string")


def _endpin(tip: Array) -> Iterator[Mesh]:
    bottom, depth = cello_body.BOTTOM, tip[2]
    collar = [(-0.004, 0.013), (0.014, 0.0125), (0.020, 0.009), (0.034, 0.0085), (0.036, 0.006)]
    yield revolve(collar, 12, "ebony").moved(frame((0, bottom, depth), (0, -1, 0), (1, 0, 0)))
    length = bottom - tip[1]
    pin = [(0.0, 0.005), (length - 0.02, 0.005), (length, 0.001)]
    yield revolve(pin, 8, "silver").moved(frame((0, bottom, depth), (0, -1, 0), (1, 0, 0)))
