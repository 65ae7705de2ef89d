"""A tenor trombone.

Its frame: the origin at the centre of the mouthpiece's rim, +x forwards along the slide, the slide's second
tube at −z, and the bell to the side of that, at +y. A player who looks along +x and has the bell to the left
therefore has +z upwards; rolled by about 45° about x, the bell comes up beside the head and the tubes
pass the neck.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.virtual.instruments.mesh import Mesh, ellipsoid, frame, merge, revolve, tube
from apvg_core.virtual.instruments.outlines import Array, arc, through


@dataclass(frozen=True)
class Lengths:
    """Lengths of a trombone in metres; x is forwards of the lips.

    Attributes:
        brace: x of the bar that the left hand holds.
        hand_brace: x of the bar that the right hand holds, in first position.
        slide_end: x of the bow's outermost point, in first position.
        slide_gap: Between the axes of the slide's two tubes.
        bell_rim: x of the bell's rim.
        crook: How far behind the lips the tuning slide reaches.
        bell_side: y of the bell's axis.
        neck_side: y to which the neck pipe bends, out of the way of the player's neck.
    """

    brace: float = 0.058
    hand_brace: float = 0.135
    slide_end: float = 0.73
    slide_gap: float = 0.085
    bell_rim: float = 0.32
    crook: float = 0.35
    bell_side: float = 0.21
    neck_side: float = 0.03


TENOR: Final = Lengths()

BELL_RADIUS: Final = 0.1075
"""Of the rim, with its roll."""

_INNER, _OUTER, _BRACE, _NECK, _CROOK, _THROAT = 0.008, 0.0095, 0.006, 0.0092, 0.0105, 0.0112
_SIDES: Final = 14


@dataclass(frozen=True)
class Trombone:
    """The instrument with its slide closed, in its own frame.

    Attributes:
        fixed: What the left hand holds.
        slide: What the right hand moves, along +x.
        left_grip: (3,) the middle of the left hand's bar, which runs along z, metres.
        right_grip: (3,) the middle of the right hand's bar, which runs along z, in first position.
        bell: (3,) the centre of the bell's rim.
        travel: How far the slide goes before it comes off, metres.
    """

    fixed: tuple[Mesh, ...]
    slide: tuple[Mesh, ...]
    left_grip: Array
    right_grip: Array
    bell: Array
    travel: float


def trombone(lengths: Lengths = TENOR) -> Trombone:
    """Build the instrument; at most 9000 triangles."""
    middle = -lengths.slide_gap / 2
    return Trombone(
        fixed=merge([*_mouthpiece(), *_inner_slide(lengths), *_neck(lengths), *_bell(lengths)]),
        slide=merge(_outer_slide(lengths)),
        left_grip=np.array([lengths.brace, 0, middle]),
        right_grip=np.array([lengths.hand_brace, 0, middle]),
        bell=np.array([lengths.bell_rim, lengths.bell_side, -lengths.slide_gap]),
        travel=_straight_end(lengths) - _slide_start(lengths),
    )


def _slide_start(lengths: Lengths) -> float:
    return lengths.hand_brace - 0.03


def _straight_end(lengths: Lengths) -> float:
    """Compute x of the end of the outer slide's tubes, where its bow begins."""
    return lengths.slide_end - lengths.slide_gap / 2 - _OUTER


def _rod(
    start: tuple[float, float, float], stop: tuple[float, float, float], radius: float, look: str
) -> Mesh:
    return tube([start, stop], radius, _SIDES, look)


def _sleeve(x: float, length: float, radius: float, y: float, z: float, material: str) -> Mesh:
    """A collar with rounded edges around a tube along x, which starts at `x`."""
    edge = min(0.002, length / 3)
    profile = [(0, radius - edge), (edge, radius), (length - edge, radius), (length, radius - edge)]
    return revolve(profile, _SIDES, material).moved(frame((x, y, z)))


def _brace(x: float, start: Array, stop: Array, radius: float, material: str) -> Iterator[Mesh]:
    """A bar across between two tubes along x, with a flange on each."""
    ends = [np.array([x, *start]), np.array([x, *stop])]
    share = np.array([0, 0.14, 0.14, 0.2, 0.8, 0.86, 0.86, 1])[:, None]
    widths = radius * np.array([1.9, 1.9, 1.5, 1, 1, 1.5, 1.9, 1.9])
    yield tube(ends[0] + share * (ends[1] - ends[0]), widths, 10, material)


def _mouthpiece() -> Iterator[Mesh]:
    """The rim in the plane x = 0, the hollow cup, the shank."""
    outside = [(0.004, 0.0195), (0.001, 0.0188), (0, 0.0165), (0.001, 0.0138), (0.004, 0.0128)]
    cup = [(0.014, 0.0105), (0.022, 0.004), (0.022, 0)]
    shank = [(0.08, 0), (0.08, 0.0062), (0.034, 0.0074), (0.026, 0.0105), (0.016, 0.0155), (0.007, 0.0172)]
    yield revolve([*cup[::-1], *outside[::-1], *shank[::-1]], 20, "silver")


def _inner_slide(lengths: Lengths) -> Iterator[Mesh]:
    """The receiver, the bar of the left hand, the two tubes that the slide runs on."""
    start, stop = _slide_start(lengths), _straight_end(lengths)
    for z, front in ((0.0, 0.042), (-lengths.slide_gap, 0.035)):
        yield _rod((front, 0, z), (start - 0.02, 0, z), _OUTER, "brass")
        yield _sleeve(front - 0.002, 0.014, _OUTER + 0.0025, 0, z, "chrome")
        yield _sleeve(start - 0.03, 0.027, _OUTER + 0.0022, 0, z, "brass")
        # As long as the bow lets it be, so that there is no gap at the seventh position.
        yield _rod((start - 0.02, 0, z), (stop + 0.01, 0, z), _INNER, "chrome")
    yield from _brace(lengths.brace, np.zeros(2), np.array([0, -lengths.slide_gap]), _BRACE, "brass")


def _outer_slide(lengths: Lengths) -> Iterator[Mesh]:
    """Two tubes, the bow that joins them with its water key and bumper, the bar of the right hand."""
    start, stop, gap = _slide_start(lengths), _straight_end(lengths), lengths.slide_gap
    for z in (0.0, -gap):
        yield _rod((start, 0, z), (stop, 0, z), _OUTER, "brass")
        yield _sleeve(start - 0.002, 0.02, _OUTER + 0.002, 0, z, "chrome")
        yield _sleeve(lengths.hand_brace - 0.008, 0.016, _OUTER + 0.0018, 0, z, "brass")
        yield _sleeve(stop - 0.05, 0.05, _OUTER + 0.0016, 0, z, "chrome")
    turns = np.linspace(0, np.pi, 15)
    yield tube(arc((stop, 0, -gap / 2), (0, 0, gap / 2), (gap / 2, 0, 0), turns), _OUTER, _SIDES, "brass")
    yield from _brace(lengths.hand_brace, np.zeros(2), np.array([0, -gap]), _BRACE, "brass")
    yield from _brace(stop - 0.02, np.zeros(2), np.array([0, -gap]), 0.004, "brass")
    end = lengths.slide_end
    yield ellipsoid((0.008, 0.007, 0.007), 10, "rubber").moved(frame((end + 0.002, 0, -gap / 2)))
    key = [
        (end - 0.07, 0.012, -gap - 0.008),
        (end - 0.05, 0.013, -gap - 0.009),
        (end - 0.028, 0.009, -gap * 0.9),
    ]
    yield tube(through(key, 3), 0.0032, 8, "chrome")
    yield ellipsoid((0.007, 0.004, 0.007), 8, "chrome").moved(frame((end - 0.026, 0.009, -gap * 0.9)))


def _neck(lengths: Lengths) -> Iterator[Mesh]:
    """From the receiver back past the player's neck, and the tuning slide's bend."""
    z, side, bell = -lengths.slide_gap, lengths.neck_side, lengths.bell_side
    reach = (bell - side) / 2
    turn = reach + _CROOK - lengths.crook
    x, y = np.linspace(0.04, -0.06, 9), side * (1 - np.cos(np.linspace(0, np.pi, 9))) / 2
    neck = [*np.column_stack([x, y, np.full(9, z)]), np.array([turn, side, z])]
    yield tube(neck, np.linspace(_OUTER, _NECK, 10), _SIDES, "brass")
    turns = np.linspace(0, np.pi, 19)
    bend = arc((turn, side + reach, z), (0, -reach, 0), (-reach, 0, 0), turns)
    yield tube(bend, np.linspace(_NECK + 0.001, _CROOK, 19), _SIDES, "brass")
    for y_end in (side, bell):
        yield _sleeve(turn - 0.004, 0.05, _CROOK + 0.0022, y_end, z, "chrome")
    yield from _brace(turn + 0.015, np.array([side, z]), np.array([bell, z]), 0.0042, "brass")
    yield from _brace(lengths.brace - 0.045, np.array([side * 0.6, z]), np.array([bell, z]), 0.005, "brass")
    # The counterweight, at the back of the bend.
    weight = [(-0.011, 0.006), (-0.008, 0.015), (0.008, 0.015), (0.011, 0.006)]
    yield revolve(weight, 14, "brass").moved(frame((-lengths.crook + _CROOK, side + reach, z)))


def _bell(lengths: Lengths) -> Iterator[Mesh]:
    """The flare, thin-walled, with a rolled rim."""
    start = lengths.crook - (lengths.bell_side - lengths.neck_side) / 2 - _CROOK
    length = lengths.bell_rim + start
    # Denser towards the rim, where it opens: a Bessel horn, whose radius is a power of the distance from a
    # point a little way in front of the rim.
    back = length * np.linspace(1, 0, 26) ** 2.6
    power = 0.7
    opened = length / ((BELL_RADIUS / _THROAT) ** (1 / power) - 1)
    radius = BELL_RADIUS * (1 + back / opened) ** -power
    outside = np.column_stack([length - back, radius])
    wall = np.array([0.0, -0.0016])
    hollow = outside[length - back > 0.4 * length][::-1] + wall
    deep = np.array([[0.4 * length, 0.0]])
    flare = revolve(np.concatenate([[[0, 0]], outside, hollow, deep]), 40, "brass")
    rim = arc((length, 0, 0), (0.003, 0, 0), (0, 0.003, 0), np.arange(8) * np.pi / 4)[:, :2]
    place = frame((-start, lengths.bell_side, -lengths.slide_gap))
    yield flare.moved(place)
    yield revolve(rim + np.array([0, BELL_RADIUS - 0.002]), 40, "brass", closed=True).moved(place)
