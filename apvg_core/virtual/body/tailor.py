"""A suit that is cut for a body: shirt, tie, jacket with lapels and pockets, trousers, shoes.

All fields are of places on MakeHuman's base mesh (the cloth's canvas): metres, y up, facing +z. So a lapel
stays a lapel on whoever wears it.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from apvg_core.virtual.body.cloth import Cloth
from apvg_core.virtual.body.hang import Hang
from apvg_core.virtual.body.shape import CLOTHES, Body
from apvg_core.virtual.instruments.mesh import ellipsoid, frame
from apvg_core.virtual.stage.render import Surface

Array = npt.NDArray[np.float64]

HEM: Final = -0.105
"""Height at which the jacket ends, on the base mesh, metres."""

_SEAM: Final = 0.15
"""Height of the waist's seam: what is below hangs around both legs."""

_NECK: Final = np.array([0.0, 0.022])
"""The neck's axis: x, z."""


@dataclass(frozen=True)
class Cut:
    """The cut of a suit.

    Attributes:
        opening: Height of the jacket's button: down to it the jacket is open.
        lapel: Width of the lapels, metres.
        tie: Half the width of the tie at its lower end, metres; 0 for none.
        lowest: What lies below this height is left out, as no camera sees it.
    """

    opening: float
    lapel: float
    tie: float
    lowest: float = -1.0


def along_arm(canvas: Array) -> Array:
    """How far down the forearm places are [shape=(V,)]: 0 at the elbow, 1 at the wrist."""
    side = np.abs(canvas) * [1, 0, 0] + canvas * [0, 1, 1]
    return np.asarray((side - [0.313, 0.349, 0.013]) @ [0.547, -0.482, 0.683] / 0.24)


def on_arm(canvas: Array) -> npt.NDArray[np.bool_]:
    """True where places are on the arms [shape=(V,)]."""
    return np.asarray((np.abs(canvas[:, 0]) > 0.19) & (canvas[:, 1] > 0.1))


def suit(body: Body, cut: Cut) -> list[Surface]:
    """The clothes of a body."""
    tights = Cloth.over(body, CLOTHES)
    y = tights.canvas[:, 1]
    torso = ~on_arm(tights.canvas) & (y > -0.06)
    collar = np.clip((y - 0.53) / 0.05, 0, 1) * torso
    shoes = tights.laid_off(0.006).cut(np.minimum(-0.69 - y, y - cut.lowest))
    tights = tights.smoothed(np.where(torso, 0.6, 0.3) * (1 - collar) * (y > -0.7), 10)
    tights = tights.cut(y - max(cut.lowest, -0.76)).subdivided()
    jacket, hang = _hanging(_jacket(tights))
    return [
        *([shoes.surface("shoes")] if len(shoes.faces) else []),
        *_shirt(tights, cut),
        *_trousers(tights),
        *_jacket_pieces(jacket, cut),
        *_skirt(jacket, hang),
        _button(jacket, cut),
    ]


# ------------------------------------------------------------------ shirt and tie


def _around_neck(canvas: Array) -> Array:
    """Angle about the neck [shape=(V,), radians]: 0 in front, pi behind."""
    return np.arctan2(np.abs(canvas[:, 0]), canvas[:, 2] - _NECK[1])


def _shirt(tights: Cloth, cut: Cut) -> list[Surface]:
    """Front and collar of the shirt, its cuffs, and the tie."""
    x, y, z = np.abs(tights.canvas[:, 0]), tights.canvas[:, 1], tights.canvas[:, 2]
    turn, arm, wrist = _around_neck(tights.canvas), on_arm(tights.canvas), along_arm(tights.canvas)
    beyond = np.hypot(x, z - _NECK[1])
    front = np.where(arm, -1.0, np.maximum(np.minimum(0.13 - x, z), np.minimum(y - 0.53, 0.10 - beyond)))
    # the collar's leaves: points in front, a gap for the knot
    lower = np.interp(turn, [0.0, 0.45, 0.6, 1.3, np.pi], [0.600, 0.532, 0.545, 0.572, 0.580])
    leaves = np.minimum(y - lower, turn - 0.10 - 0.9 * (0.605 - y))
    leaves = np.minimum(leaves, 0.095 - beyond)
    cuff = np.where(arm, np.minimum(wrist - 0.80, 0.985 - wrist), -1.0)
    shirt = tights.laid_off(0.004)
    stand = tights.laid_off(0.010)
    pieces = [
        shirt.cut(np.minimum(front, y - 0.05)).surface("shirt"),
        stand.cut(leaves).hemmed(0.006).surface("collar"),
        tights.laid_off(0.006).cut(cuff).hemmed(0.010).surface("collar"),
    ]
    if cut.tie:
        half = np.interp(y, [0.18, 0.50, 0.538, 0.545, 0.59], [cut.tie, 0.62 * cut.tie, 0.012, 0.017, 0.021])
        tie = np.where((z > 0.03) & ~arm, np.minimum.reduce([half - x, y - 0.16, 0.592 - y]), -1.0)
        bulge = 0.011 + 0.004 * (y > 0.54)
        pieces.append(tights.laid_off(bulge).cut(tie).hemmed(0.007).surface("tie"))
    return pieces


# ------------------------------------------------------------------ jacket


def _jacket(tights: Cloth) -> Cloth:
    """The surface that the jacket is cut from: it hangs from chest and shoulders, and bridges the waist."""
    y, z = tights.canvas[:, 1], tights.canvas[:, 2]
    arm, wrist = on_arm(tights.canvas), along_arm(tights.canvas)
    collar = np.clip((y - 0.53) / 0.05, 0, 1) * ~arm
    waist, front = np.exp(-(((y - 0.13) / 0.10) ** 2)), np.clip((z - 0.02) / 0.08, 0, 1)
    torso = 0.016 + 0.006 * front + 0.014 * waist
    sleeve = 0.013 + 0.004 * np.clip(wrist, -1, 1)
    return tights.laid_off(np.where(arm, sleeve, torso) * (1 - 0.55 * collar))


def _open(canvas: Array, cut: Cut) -> Array:
    """Half the width of the jacket's opening in front [shape=(V,), metres]; below 0 where it is closed."""
    share = (canvas[:, 1] - cut.opening) / (0.56 - cut.opening)
    return np.asarray(np.where(share > 0, 0.074 * np.clip(share, 0, 1) ** 0.85, share))


def _jacket_pieces(jacket: Cloth, cut: Cut) -> list[Surface]:
    """Body and sleeves, lapels and collar, flaps of the pockets."""
    x, y, z = np.abs(jacket.canvas[:, 0]), jacket.canvas[:, 1], jacket.canvas[:, 2]
    arm, wrist, opened = on_arm(jacket.canvas), along_arm(jacket.canvas), _open(jacket.canvas, cut)
    in_front, turn = z > 0.02, _around_neck(jacket.canvas)
    beyond = np.hypot(x, z - _NECK[1])
    neck = np.interp(turn, [0.0, 0.9, 1.5, np.pi], [0.62, 0.60, 0.585, 0.572]) - y
    neck = np.maximum(neck, beyond - 0.085)
    body = np.where(in_front, np.minimum(x - opened, neck), neck)
    whole = np.where(arm, 0.93 - wrist, np.minimum(body, y - _SEAM + 0.03))

    # lapels: from the button up to the notch; the collar from there around the neck
    width = cut.lapel * np.interp(y, [cut.opening, cut.opening + 0.10, 0.46, 0.56], [0.0, 0.62, 1.0, 1.0])
    notch = 0.487 + 0.35 * (x - 0.09)
    edge = np.where(in_front & ~arm, x - opened + 0.004, -1.0)
    lapel = np.minimum.reduce([edge, opened + width - x, notch - y, y - cut.opening])
    band = np.interp(turn, [0.5, 1.2, np.pi], [0.140, 0.135, 0.112]) - beyond
    collar = np.minimum.reduce([np.where(in_front, edge, 1.0), band, y - notch - 0.004, neck + 0.004])
    collar = np.where(arm, -1.0, collar)
    pocket = np.minimum.reduce([0.048 - np.abs(x - 0.105), 0.006 - np.abs(y - 0.375 - 0.12 * (x - 0.1))])
    pocket = np.where(in_front & ~arm & (jacket.canvas[:, 0] > 0), pocket, -1.0)
    return [
        jacket.cut(whole).hemmed(0.012).surface("jacket"),
        jacket.laid_off(0.006).cut(lapel).hemmed(0.005).surface("lapel"),
        jacket.laid_off(0.008).cut(collar).hemmed(0.006).surface("lapel"),
        jacket.laid_off(0.003).cut(pocket).hemmed(0.003).surface("jacket"),
    ]


def _heights(cloth: Cloth, levels: Array) -> Array:
    """Heights on this body [shape=(n,)] of heights on the base mesh, by the trunk and the legs."""
    trunk = ~on_arm(cloth.canvas) & (cloth.canvas[:, 1] < 0.5)
    order = np.argsort(cloth.canvas[trunk, 1])
    known, real = cloth.canvas[trunk, 1][order], cloth.vertices[trunk, 1][order]
    starts = np.arange(0, len(known) - 40, 20)
    lower, higher = (np.array([v[s : s + 40].mean() for s in starts]) for v in (known, real))
    return np.interp(levels, lower, higher)


def _hanging(jacket: Cloth) -> tuple[Cloth, Hang]:
    """The jacket with its waist hung, and how it hangs on below."""
    y, trunk = jacket.canvas[:, 1], ~on_arm(jacket.canvas)
    levels = _heights(jacket, np.arange(0.27, HEM - 0.015, -0.015))
    axis = np.array([0.0, jacket.vertices[trunk & (np.abs(y - 0.1) < 0.03), 2].mean()])
    hang = Hang.of(jacket.vertices[trunk], levels, inwards=0.12, axis=axis)
    vertices, waist = jacket.vertices.copy(), trunk & (y > -0.1) & (y < 0.26)
    vertices[waist] = hang.drape(vertices[waist], np.clip((0.26 - y[waist]) / 0.09, 0, 1))
    return replace(jacket, vertices=vertices), hang


_COLUMNS: Final = 57


def _skirt(jacket: Cloth, hang: Hang) -> list[Surface]:
    """What of the jacket hangs below the waist, around both legs: open in front, with flaps of pockets."""
    levels = np.linspace(_SEAM, HEM, 15)
    # the front's edges swing apart below the button, and are round at the bottom
    down = (levels[0] - levels) / (levels[0] - HEM)
    gap = 0.004 + 0.045 * down**2 + 0.05 * np.clip((down - 0.8) / 0.2, 0, 1) ** 2.5
    edge = (gap / hang.radii[0, 0])[:, None]
    turn = edge + np.linspace(0, 1, _COLUMNS) * (2 * np.pi - 2 * edge)
    height = np.repeat(_heights(jacket, levels), _COLUMNS)
    centre, radius = hang.at(height, turn.ravel())
    radius += np.repeat(
        np.interp(np.arange(len(levels)), [0, 2], [-0.004, 0.003]), _COLUMNS
    )  # out of the waist
    sin, cos = np.sin(turn.ravel()), np.cos(turn.ravel())
    vertices = np.stack([centre[:, 0] + radius * sin, height, centre[:, 1] + radius * cos], axis=1)
    canvas = np.stack([0.165 * sin, np.repeat(levels, _COLUMNS), 0.13 * cos], axis=1)
    index = np.arange(len(vertices)).reshape(turn.shape)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.vstack([np.stack(t, axis=-1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])
    trunk = ~on_arm(jacket.canvas)
    far, near = cKDTree(jacket.vertices[trunk]).query(vertices, k=24)
    shares = 1 / (far + 0.02)
    weights = np.einsum("vk,vkb->vb", shares / shares.sum(axis=1, keepdims=True), jacket.weights[trunk][near])
    skirt = Cloth(vertices, canvas, weights, faces)
    side = np.arctan2(np.abs(canvas[:, 0]), canvas[:, 2])
    flap = np.minimum(0.4 - np.abs(side - 1.0), (0.022 - np.abs(canvas[:, 1] - 0.055)) / 0.15)
    return [
        skirt.hemmed(0.010).surface("jacket"),
        skirt.laid_off(0.004).cut(flap).hemmed(0.004).surface("jacket"),
    ]


def _button(jacket: Cloth, cut: Cut) -> Surface:
    """The jacket's button."""
    x, y, z = jacket.canvas.T
    place = np.argmin(np.abs(x - 0.006) + np.abs(y - cut.opening + 0.012) + 10 * (z < 0.05))
    out = jacket.normals[place]
    right = np.cross([0.0, 1.0, 0.0], out)
    right /= np.linalg.norm(right)
    button = ellipsoid((0.009, 0.009, 0.003), 10, "button")
    sewn = button.moved(frame(jacket.vertices[place] + 0.003 * out, right, np.cross(out, right)))
    weights = np.tile(jacket.weights[place], (len(sewn.vertices), 1))
    return Cloth(sewn.vertices, sewn.vertices, weights, sewn.faces).surface("button")


# ------------------------------------------------------------------ trousers


def _trousers(tights: Cloth) -> list[Surface]:
    """Trousers whose legs hang straight down."""
    x, y, _ = tights.canvas.T
    loose = tights.laid_off(np.where(y < -0.1, 0.013, 0.009))
    vertices = loose.vertices.copy()
    for side in (1, -1):
        leg = (side * x > 0) & (y < -0.05) & (y > -0.76)
        levels = np.arange(vertices[leg, 1].max() - 0.02, vertices[leg, 1].min() + 0.02, -0.03)
        hang = Hang.of(vertices[leg], levels, inwards=0.02)
        vertices[leg] = hang.drape(vertices[leg], np.clip((-0.07 - y[leg]) / 0.10, 0, 1))
    loose = replace(loose, vertices=vertices)
    trousers = np.where(on_arm(tights.canvas), -1.0, np.minimum(0.22 - y, y + 0.735))
    return [loose.cut(trousers).hemmed(0.012).surface("trousers")]
