"""A performer's appearance: body, hair, clothes and colours from a number, and the surfaces to draw."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from apvg_core.virtual.body.cloth import Cloth
from apvg_core.virtual.body.hair import Hair, hair
from apvg_core.virtual.body.shape import EYES, SKIN, Body, shape_body
from apvg_core.virtual.body.tailor import Cut, along_arm, on_arm, suit
from apvg_core.virtual.stage.materials import Rgb
from apvg_core.virtual.stage.render import Surface


@dataclass(frozen=True)
class Appearance:
    """Appearance of a performer.

    Attributes:
        mix: Shares of the changes of shape that make the body.
        colours: sRGB of what is painted onto the body.
        paint: Settings of skin and clothes, as `shaders/skin.glsl` and `cloth.glsl` have them.
        cut: Cut of the suit.
        hair: Their hair.
    """

    mix: dict[str, float]
    colours: dict[str, Rgb]
    paint: dict[str, float]
    cut: Cut
    hair: Hair


SKINS: Final[tuple[Rgb, ...]] = (
    (0.90, 0.72, 0.62), (0.85, 0.66, 0.54), (0.80, 0.60, 0.46), (0.68, 0.48, 0.35), (0.52, 0.35, 0.25),
    (0.42, 0.28, 0.20),
)  # fmt: skip
HAIRS: Final[tuple[Rgb, ...]] = (
    (0.07, 0.05, 0.05), (0.16, 0.10, 0.07), (0.28, 0.18, 0.11), (0.46, 0.32, 0.17), (0.40, 0.39, 0.38),
    (0.38, 0.17, 0.08),
)  # fmt: skip
JACKETS: Final[tuple[Rgb, ...]] = (
    (0.15, 0.16, 0.19), (0.15, 0.19, 0.30), (0.26, 0.26, 0.28), (0.29, 0.17, 0.19), (0.15, 0.23, 0.20),
    (0.40, 0.40, 0.41), (0.34, 0.27, 0.20),
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
    strands = HAIRS[int(rng.integers(0, 2 if dark > 0.5 else len(HAIRS)))]
    jacket, shirt, tie = (table[int(rng.integers(len(table)))] for table in (JACKETS, SHIRTS, TIES))
    trousers = jacket if rng.random() < 0.6 else (0.14, 0.14, 0.15)
    colours = {
        "skin": skin,
        "lips": _scaled(skin, (0.86, 0.66, 0.68) if not woman else (0.86, 0.52, 0.54)),
        "brows": _scaled(strands, (0.9, 0.9, 0.9)),
        "hair": strands,
        "jacket": jacket,
        "lapel": _scaled(jacket, (0.9, 0.9, 0.92)),
        "shirt": shirt,
        "collar": shirt,
        "tie": tie,
        "trousers": trousers,
        "varnish": (wood := VARNISHES[int(rng.integers(len(VARNISHES)))]),
        "varnish_dark": _scaled(wood, (0.68, 0.65, 0.7)),
        "iris": ((0.20, 0.13, 0.08), (0.25, 0.32, 0.38), (0.25, 0.28, 0.16))[
            int(rng.integers(3)) if dark < 0.4 else 0
        ],
    }
    cut = Cut(
        tie=0.0 if woman or rng.random() < 0.2 else 0.024,
        opening=float(rng.uniform(0.20, 0.32)),
        lapel=float(rng.uniform(0.055, 0.082)),
    )
    paint = {
        "opening": cut.opening,
        "pattern": float(rng.choice(4, p=[0.4, 0.2, 0.15, 0.25])),
        "tie_stripes": float(rng.choice([0.0, 45.0, 90.0])),
        "beard": 0.0 if woman else float(rng.uniform(0.0, 0.9)),
        "years": float(rng.uniform(0.0, 1.0)),
    }
    style = str(rng.choice(_WOMENS if woman else _MENS))
    return Appearance(
        mix,
        colours,
        paint,
        cut,
        Hair(
            style="curls" if dark > 0.7 and style != "bun" else style,
            thick=float(rng.uniform(0.012, 0.024)),
            hairline=float(rng.uniform(0.0, 0.012)),
            part=float(rng.choice([-0.025, 0.025])),
            seed=performer,
        ),
    )


_WOMENS: Final = ("bun", "tail", "bob", "bob")
_MENS: Final = ("crop", "parted", "back")

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


def dressed(body: Body, appearance: Appearance, lowest: float = -1.0) -> list[Surface]:
    """The surfaces of a performer: skin, eyes, clothes and hair.

    Args:
        body: The body.
        appearance: What it looks like.
        lowest: What of the clothes lies below this height of the base mesh is left out, as no camera sees it.
    """
    skin = Cloth.over(body, SKIN)
    # what clothes cover is left out, so that nothing shows through them in any pose
    seen = np.where(on_arm(skin.canvas), along_arm(skin.canvas) - 0.84, skin.canvas[:, 1] - 0.55)
    return [
        skin.cut(seen).surface("skin"),
        Cloth.over(body, EYES).surface("eyes"),
        *suit(body, replace(appearance.cut, lowest=lowest)),
        *hair(body, appearance.hair),
    ]
