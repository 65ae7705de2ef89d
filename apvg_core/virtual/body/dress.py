"""A performer's appearance: body, hair, clothes and colours from a number, and the surfaces to draw."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from apvg_core.virtual.body.shape import CLOTHES, EYES, SKIN, Body, shape_body
from apvg_core.virtual.instruments.mesh import ellipsoid, frame
from apvg_core.virtual.stage.materials import Rgb
from apvg_core.virtual.stage.render import Surface
from apvg_core.virtual.stage.scene import rigid

Array = npt.NDArray[np.float64]


def vertex_normals(vertices: Array, faces: npt.NDArray[np.int64]) -> Array:
    """Smooth normals [shape=(V, 3)], each face counted by its area."""
    corners = vertices[faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], areas)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def _smoothed(vertices: Array, faces: npt.NDArray[np.int64], share: Array, rounds: int) -> Array:
    """Draw each vertex towards the mean of its neighbours, `share` [shape=(V,)] of the way, some rounds."""
    edges = np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.vstack([edges, edges[:, ::-1]])
    links = sparse.csr_matrix((np.ones(len(edges)), edges.T), shape=(len(vertices),) * 2)
    links.data[:] = 1
    degrees = np.maximum(np.asarray(links.sum(axis=1)), 1)
    for _ in range(rounds):
        vertices = vertices + share[:, None] * (links @ vertices / degrees - vertices)
    return vertices


def _part(body: Body, part: int, keep: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.int64]:
    """Faces of one part, where `keep` [shape=(V,)] holds for all corners."""
    chosen = body.parts == part
    if keep is not None:
        chosen = chosen & keep
    return body.faces[chosen[body.faces].all(axis=1)]


@dataclass(frozen=True)
class Appearance:
    """Appearance of a performer.

    Attributes:
        mix: Shares of the changes of shape that make the body.
        colours: sRGB of what is painted onto the body.
        paint: Settings of the cut of the clothes, as `shaders/paint.glsl` has them.
        hair: Thickness of the hair on the crown, metres.
        hairline: How much higher than usual the hair begins at the forehead, metres.
        bun: True if the hair is tied behind the head.
    """

    mix: dict[str, float]
    colours: dict[str, Rgb]
    paint: dict[str, float]
    hair: float
    hairline: float
    bun: bool


SKINS: Final[tuple[Rgb, ...]] = (
    (0.90, 0.72, 0.62), (0.85, 0.66, 0.54), (0.80, 0.60, 0.46), (0.68, 0.48, 0.35), (0.52, 0.35, 0.25),
    (0.42, 0.28, 0.20),
)  # fmt: skip
HAIRS: Final[tuple[Rgb, ...]] = (
    (0.07, 0.05, 0.05), (0.16, 0.10, 0.07), (0.28, 0.18, 0.11), (0.46, 0.32, 0.17), (0.40, 0.39, 0.38),
    (0.38, 0.17, 0.08),
)  # fmt: skip
JACKETS: Final[tuple[Rgb, ...]] = (
    (0.09, 0.10, 0.13), (0.11, 0.14, 0.22), (0.17, 0.17, 0.18), (0.20, 0.12, 0.13), (0.10, 0.16, 0.14),
)  # fmt: skip
SHIRTS: Final[tuple[Rgb, ...]] = (
    (0.93, 0.93, 0.95),
    (0.80, 0.87, 0.95),
    (0.95, 0.90, 0.88),
    (0.88, 0.86, 0.80),
)
TIES: Final[tuple[Rgb, ...]] = (
    (0.38, 0.06, 0.09), (0.08, 0.14, 0.34), (0.08, 0.08, 0.09), (0.12, 0.26, 0.18), (0.40, 0.30, 0.08),
)  # fmt: skip

VARNISHES: Final[tuple[Rgb, ...]] = (
    (0.50, 0.20, 0.05),
    (0.56, 0.29, 0.09),
    (0.42, 0.15, 0.05),
    (0.48, 0.24, 0.10),
)


def appearance_of(performer: int) -> Appearance:
    """Appearance that belongs to a performer's number."""
    rng = np.random.default_rng([performer, 1])
    woman = bool(rng.random() < 0.5)
    sex = "female" if woman else "male"
    races = dict(zip(("african", "asian", "caucasian"), rng.dirichlet([0.5, 0.5, 0.8]), strict=True))
    dark = races["african"] + 0.25 * races["asian"]
    build = rng.uniform(-0.35, 0.45)
    tall = rng.uniform(-0.18, 0.18)
    face = {name: float(rng.uniform(0, 0.5)) for name in rng.permutation(FACES)[:4]}
    mix = {
        **{f"{race} {sex}": float(share) for race, share in races.items()},
        f"{'heavy' if build > 0 else 'light'} {sex}": abs(build),
        f"{'max' if tall > 0 else 'min'} {sex}": abs(tall),
        f"muscular {sex}": float(rng.uniform(0, 0.25)),
        **face,
    }
    mix["long arms"] = _arms(mix)
    tone = np.clip(dark + rng.normal(0, 0.07), 0, 1) * (len(SKINS) - 1)
    skin = _between(SKINS, float(tone))
    hair = HAIRS[int(rng.integers(0, 2 if dark > 0.5 else len(HAIRS)))]
    jacket, shirt, tie = (table[int(rng.integers(len(table)))] for table in (JACKETS, SHIRTS, TIES))
    trousers = jacket if rng.random() < 0.6 else (0.09, 0.09, 0.10)
    colours = {
        "skin": skin,
        "lips": _scaled(skin, (0.86, 0.66, 0.68) if not woman else (0.86, 0.52, 0.54)),
        "brows": _scaled(hair, (0.9, 0.9, 0.9)),
        "hair": hair,
        "jacket": jacket,
        "lapel": _scaled(jacket, (0.8, 0.8, 0.85)),
        "shirt": shirt,
        "tie": tie,
        "trousers": trousers,
        "varnish": (wood := VARNISHES[int(rng.integers(len(VARNISHES)))]),
        "varnish_dark": _scaled(wood, (0.68, 0.65, 0.7)),
        "iris": ((0.20, 0.13, 0.08), (0.25, 0.32, 0.38), (0.25, 0.28, 0.16))[int(rng.integers(3))],
    }
    paint = {
        "tie_width": 0.0 if woman or rng.random() < 0.2 else 0.024,
        "opening": float(rng.uniform(0.20, 0.32)),
    }
    return Appearance(
        mix,
        colours,
        paint,
        hair=float(rng.uniform(0.012, 0.026)),
        hairline=float(rng.uniform(0.0, 0.012)),
        bun=woman,
    )


FACES: Final = (
    "long nose", "broad nose", "narrow nose", "hump", "wide chin", "narrow chin",
    "strong chin", "round head", "oval head", "square head", "aged", "cheekbones",
)  # fmt: skip


ARM: Final = 0.335
"""From shoulder to wrist, as a share of the height (Drillis and Contini, 1966); MakeHuman's is less."""


def _arms(mix: dict[str, float]) -> float:
    """The share of "long arms" that gives a body arms of human length."""

    def arm(body: Body) -> float:
        shoulder, elbow, wrist = (
            body.joints[f"{joint}.L"] for joint in ("upperarm01", "lowerarm01", "wrist")
        )
        return float(np.linalg.norm(elbow - shoulder) + np.linalg.norm(wrist - elbow))

    short, long = shape_body(mix), shape_body({**mix, "long arms": 1.0})
    wanted = ARM * float(np.ptp(short.vertices[:, 1]))
    return float(np.clip((wanted - arm(short)) / (arm(long) - arm(short)), 0, 1))


def _between(table: tuple[Rgb, ...], index: float) -> Rgb:
    red, green, blue = (
        float(np.interp(index, range(len(table)), channel)) for channel in zip(*table, strict=True)
    )
    return red, green, blue


def _scaled(colour: Rgb, by: Rgb) -> Rgb:
    return colour[0] * by[0], colour[1] * by[1], colour[2] * by[2]


def dressed(body: Body, appearance: Appearance) -> list[Surface]:
    """The surfaces of a performer: skin, eyes, clothes and hair."""
    return [
        _surface(body, body.vertices, body.template, _part(body, SKIN), "skin"),
        _surface(body, body.vertices, body.template, _part(body, EYES), "eyes"),
        _clothes(body),
        _hair(body, appearance),
        *([_bun(body)] if appearance.bun else []),
    ]


def _surface(
    body: Body, vertices: Array, canvas: Array, faces: npt.NDArray[np.int64], material: str
) -> Surface:
    used, numbers = np.unique(faces, return_inverse=True)
    faces = numbers.reshape(faces.shape)
    return Surface(
        vertices=vertices[used],
        normals=vertex_normals(vertices[used], faces),
        canvas=canvas[used],
        faces=faces,
        bones=body.weight_bones[used],
        weights=body.weights[used],
        material=material,
    )


HEM: Final = -0.06
"""Height at which the jacket ends, on the base mesh, metres; `shaders/paint.glsl` paints to it."""


def _clothes(body: Body) -> Surface:
    """A suit over the tights: smoother than the body and standing off from it."""
    faces = _part(body, CLOTHES)
    x, y, z = np.abs(body.template[:, 0]), body.template[:, 1], body.template[:, 2]
    arm = (x > 0.19) & (y > 0.1)
    torso = ~arm & (y > HEM)
    collar = np.clip((y - 0.53) / 0.05, 0, 1) * torso
    rounds = np.where(torso, 0.6, 0.3) * (1 - collar) * (y > -0.7)
    vertices, canvas = (_smoothed(form, faces, rounds, 10) for form in (body.vertices, body.template))
    # a jacket hangs from chest and shoulders: it bridges the waist and ends in a step
    waist = np.exp(-(((y - 0.13) / 0.10) ** 2))
    hem = np.clip(1 - (y - HEM) / 0.08, 0, 1)
    front = np.clip((z - 0.02) / 0.08, 0, 1)
    jacket = 0.016 + 0.006 * front + 0.020 * waist + 0.012 * hem
    off = np.where(torso, jacket, np.where(arm, 0.012, 0.010))
    off = np.where(y < -0.7, 0.006, off) * (1 - 0.7 * collar)
    vertices = vertices + off[:, None] * vertex_normals(vertices, faces)
    return _surface(body, vertices, canvas, faces, "clothes")


def _hair(body: Body, appearance: Appearance) -> Surface:
    """A shell over the scalp; below the hairline it dips under the skin."""
    x, y, z = np.abs(body.template[:, 0]), body.template[:, 1], body.template[:, 2]
    face = (y < 0.74) & (z > 0.07)
    faces = _part(body, SKIN, (y > 0.62) & ~face)
    line = np.interp(
        z, [-0.08, -0.03, 0.02, 0.05, 0.065, 0.09, 0.12], [0.65, 0.665, 0.69, 0.70, 0.735, 0.772, 0.792]
    )
    above = y - line - appearance.hairline * (z > 0.03)
    vertices = _smoothed(body.vertices, faces, np.full(len(x), 0.5), 4)
    thick = np.clip(above, -0.012, appearance.hair)
    ear = (y < 0.762) & (x > 0.0705) & (z > -0.03)
    thick = np.where(ear, -0.012, thick)
    vertices = vertices + thick[:, None] * vertex_normals(vertices, faces)
    return _surface(body, vertices, body.template, faces, "hair")


def _bun(body: Body) -> Surface:
    """Hair tied behind the head."""
    back = body.vertices[np.argmin(np.linalg.norm(body.template - np.array([0, 0.755, -0.085]), axis=1))]
    transform = frame(back + np.array([0, 0, -0.022]))
    return rigid(ellipsoid((0.042, 0.040, 0.034), 14, "hair").moved(transform), body.bones.index("head"))
