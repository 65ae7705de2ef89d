"""Hair: an undercoat over the scalp, and strands that grow out of it and are combed.

Numbers are of places on MakeHuman's base mesh: metres, y up, facing +z. What the shader gets as canvas is the
direction in which hair lies, as long as it is light: from 0, deep in the shade, to 1.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from apvg_core.virtual.body.cloth import Cloth
from apvg_core.virtual.body.rig import unit
from apvg_core.virtual.body.shape import SKIN, Body
from apvg_core.virtual.stage.render import Surface

Array = npt.NDArray[np.float64]

STYLES: Final = ("crop", "parted", "back", "curls", "bun", "tail", "bob")
"""Short and combed forwards; parted at a side; combed back; in curls; tied in a bun or a tail; to the jaw."""

_KNOT: Final = np.array([0.0, 0.762, -0.092])
"""Where hair is tied, behind the head."""

_POINTS: Final = 6
"""Of a strand, from root to tip."""


@dataclass(frozen=True)
class Hair:
    """Somebody's hair.

    Attributes:
        style: A name in `STYLES`.
        thick: How far it stands off from the crown, metres.
        hairline: How much higher than usual it begins at the forehead, metres.
        part: x of the parting, metres.
        seed: Of where strands grow.
    """

    style: str
    thick: float
    hairline: float
    part: float
    seed: int


def hair(body: Body, look: Hair) -> list[Surface]:
    """The hair of a body, which moves with its head."""
    head = Cloth.over(body, SKIN)
    head = head.cut(head.canvas[:, 1] - 0.60)
    field = _above(head.canvas, look.hairline)
    scalp = head.cut(field + 0.012)
    under = np.clip(_above(scalp.canvas, look.hairline), -0.004, 0.55 * look.thick)
    scalp = scalp.laid_off(under)
    grows = scalp.cut(_above(scalp.canvas, look.hairline) - 0.002)
    coat = replace(scalp, canvas=0.25 * unit(_combed(scalp.canvas, look) + 1e-6))
    rng = np.random.default_rng([look.seed, 6])
    return [
        cloth.surface("hair")
        for cloth in (coat, _strands(rng, body, head, grows, look), *_tied(rng, body, scalp, look))
    ]


def _above(canvas: Array, higher: float) -> Array:
    """How far above the hairline places of the head are [shape=(V,), metres]; below 0 no hair grows."""
    x, y, z = np.abs(canvas[:, 0]), canvas[:, 1], canvas[:, 2]
    line = np.interp(
        z, [-0.08, -0.03, 0.02, 0.05, 0.065, 0.09, 0.12], [0.65, 0.665, 0.69, 0.70, 0.735, 0.772, 0.792]
    )
    # temples are higher than the middle of the forehead
    line = line + 0.006 * np.exp(-(((x - 0.045) / 0.02) ** 2)) * (z > 0.06)
    ear = (y < 0.765) & (x > 0.069) & (z > -0.03)
    return np.where(ear | (z > 0.14), -1.0, y - line - higher * (z > 0.03))


def _combed(places: Array, look: Hair) -> Array:
    """The direction in which hair is combed at places of the base mesh [shape=(n, 3)], not of length one."""
    x, y, z = places.T
    one, nil = np.ones(len(x)), np.zeros(len(x))
    side = np.where(x > look.part, 1.0, -1.0)
    match look.style:
        case "crop":
            return np.stack([0.5 * np.sin(90 * z), -0.5 * one, np.where(y > 0.80, 1.0, -0.2)], axis=1)
        case "parted":
            return np.stack([side * np.where(y > 0.79, 1.2, 0.2), -0.6 * one, -0.7 * one], axis=1)
        case "bob":
            # past the face, and down beside it
            aside, front = np.clip((np.abs(x) - 0.03) / 0.03, 0, 1), np.clip((z - 0.045) / 0.03, 0, 1)
            return np.stack([side * (1.1 - aside), -0.4 - 1.2 * aside, -1.3 * front - 0.1], axis=1)
        case "bun" | "tail":
            return _KNOT - places
        case "curls":
            return np.stack([np.sin(310 * y), np.sin(270 * z + 1), np.sin(290 * x + 2)], axis=1)
    return np.stack(
        [0.15 * np.sign(x), -0.35 * one + np.where(z > 0.08, 0.35, 0.0), -1.0 * one + nil], axis=1
    )


_LENGTHS: Final = {
    "crop": 0.028, "parted": 0.085, "back": 0.085, "curls": 0.030, "bun": 0.15, "tail": 0.15, "bob": 0.19,
}  # fmt: skip
"""Of strands, metres."""

_COUNTS: Final = {
    "crop": 1300, "parted": 850, "back": 850, "curls": 1200, "bun": 800, "tail": 800, "bob": 850,
}  # fmt: skip


def _roots(rng: np.random.Generator, cloth: Cloth, count: int) -> tuple[Array, Array, Array]:
    """Places spread over a cloth, with their canvas and normals, each [shape=(count, 3)]."""
    corners = cloth.vertices[cloth.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = cloth.faces[
        np.searchsorted(np.cumsum(areas) / areas.sum(), (np.arange(count) + rng.random(count)) / count)
    ]
    u, v = np.sqrt(rng.random(count)), rng.random(count)
    shares = np.stack([1 - u, u * (1 - v), u * v], axis=1)[:, :, None]
    place, canvas, normal = (
        (table[face] * shares).sum(axis=1) for table in (cloth.vertices, cloth.canvas, cloth.normals)
    )
    return place, canvas, unit(normal)


def _strands(rng: np.random.Generator, body: Body, head: Cloth, scalp: Cloth, look: Hair) -> Cloth:
    """Strands as ribbons that lie on the head one over another."""
    place, canvas, normal = _roots(rng, scalp, count := _COUNTS[look.style])
    near, normals = cKDTree(head.vertices), head.normals
    length = _LENGTHS[look.style] * rng.uniform(0.7, 1.15, count)
    if look.style == "bob":
        length = np.minimum(length, 1.2 * (canvas[:, 1] - 0.625))  # to the jaw, not onto the collar
    layer = rng.random(count)
    high = look.thick * (0.15 + 0.75 * layer)
    curl = rng.uniform(0, 2 * np.pi, count)
    sway = rng.normal(0, 0.16 if look.style != "curls" else 0.5, (count, 3))
    points, ups, kept = [place], [normal], np.ones(len(place), bool)
    for k in range(1, _POINTS):
        step = (length / (_POINTS - 1))[:, None]
        # the direction is known on the base mesh; the head's own shape differs little from it
        way = unit(_combed(canvas, look)) + sway
        way = way - np.sum(way * ups[-1], axis=1, keepdims=True) * ups[-1]
        moved = points[-1] + step * unit(way)
        canvas = canvas + step * unit(way)
        _, nearest = near.query(moved)
        at, up = head.vertices[nearest], normals[nearest]
        off = np.sum((moved - at) * up, axis=1)
        rise = 0.5 * look.thick + 0.8 * high * np.sin(np.pi * min(0.5, k / (_POINTS - 1) * 0.9))
        lifted = moved + (rise - off)[:, None] * up
        x, y, z = np.abs(head.canvas[nearest].T)
        kept &= ~((y < 0.765) & (z > 0.075) & (x < 0.062))  # none falls over the face
        if look.style == "curls":
            turn = curl + 2.2 * k
            across = np.cross(up, unit(way))
            lifted += 0.006 * (np.cos(turn)[:, None] * across + (0.6 + np.sin(turn))[:, None] * 0.7 * up)
        points.append(lifted)
        ups.append(unit(up + 1e-6))
    return _ribbons(np.stack(points, 1)[kept], np.stack(ups, 1)[kept], layer[kept], _width(look), body)


def _tied(rng: np.random.Generator, body: Body, scalp: Cloth, look: Hair) -> list[Cloth]:
    """A bun, wound about its axis, or a tail that hangs down behind."""
    if look.style not in ("bun", "tail"):
        return []
    knot = scalp.vertices[np.argmin(np.linalg.norm(scalp.canvas - _KNOT, axis=1))]
    count, share = 170, np.linspace(0, 1, _POINTS)
    layer = rng.random(count)
    start = rng.uniform(0, 2 * np.pi, count)[:, None]
    if look.style == "bun":
        turn, tilt = (
            start + 2.2 * share,
            np.arccos(rng.uniform(-0.3, 1, count))[:, None] + 0.25 * np.sin(start + 5 * share),
        )
        ups = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), -np.cos(tilt)], axis=2)
        points = knot + [0, 0, -0.012] + ups * [0.040, 0.038, 0.032] * (0.93 + 0.07 * layer[:, None, None])
    else:
        length = rng.uniform(0.15, 0.19, count)[:, None]
        thick = (0.010 + 0.014 * np.sin(np.pi * np.clip(1.15 * share + 0.05, 0, 1))) * np.sqrt(layer)[:, None]
        x, z = thick * np.sin(start), -0.012 - 0.035 * np.sin(np.pi * share / 1.6) - thick * np.cos(start)
        points = knot + np.stack([x, -length * share**1.15, z], axis=2)
        ups = unit(
            np.stack(
                [np.sin(start) + 0 * share, 0.3 + 0 * share + 0 * start, -1 - np.cos(start) + 0 * share],
                axis=2,
            )
        )
    return [_ribbons(points, ups, layer, 0.006, body)]


def _width(look: Hair) -> float:
    return {"crop": 0.0035, "curls": 0.0040}.get(look.style, 0.0052)


def _ribbons(points: Array, ups: Array, layer: Array, width: float, body: Body) -> Cloth:
    """Ribbons along points [shape=(n, k, 3)], as wide as they face `ups`, that narrow to their tips."""
    count, steps = points.shape[:2]
    along = unit(np.gradient(points, axis=1))
    across = unit(np.cross(along, ups))
    share = np.linspace(0, 1, steps)
    wide = width / 2 * (1 - 0.92 * share**2.5)[None, :, None]
    sides = np.stack([points - wide * across, points + wide * across], axis=2)
    light = (0.30 + 0.55 * layer[:, None] + 0.15 * share) * np.clip(share * 6, 0.4, 1)
    canvas = np.repeat((light[..., None] * along)[:, :, None], 2, axis=2)
    index = np.arange(count * steps * 2).reshape(count, steps, 2)
    a, b, c, d = index[:, :-1, 0], index[:, :-1, 1], index[:, 1:, 1], index[:, 1:, 0]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    weights = np.zeros((index.size, len(body.bones)))
    weights[:, body.bones.index("head")] = 1
    return Cloth(sides.reshape(-1, 3), canvas.reshape(-1, 3), weights, faces)
