"""Materials of surfaces: a colour and a finish by name. The shaders know the names in capitals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """Reflection of light by a surface.

    Attributes:
        colour: sRGB in [0, 1].
        shine: Strength of its highlights, in [0, 1].
        gloss: How narrow the highlights are (Blinn and Phong's exponent).
        metal: Share of the surroundings that it mirrors, in [0, 1].
        painter: Which shader paints it: a name in `PAINTERS`.
    """

    colour: Rgb
    shine: float = 0.05
    gloss: float = 12.0
    metal: float = 0.0
    painter: str = "thing"


PAINTERS: Final = ("skin", "cloth", "hair", "thing")
"""`shaders/<name>.glsl`; each paints its own materials, so that no surface pays for what others need."""


MATERIALS: Final[dict[str, Material]] = {
    # painted onto the body; the performer's appearance gives their colours
    "skin": Material((0.82, 0.62, 0.50), 0.16, 18, painter="skin"),
    "lips": Material((0.68, 0.40, 0.36), 0.25, 25, painter="skin"),
    "brows": Material((0.20, 0.14, 0.10), painter="skin"),
    "eyes": Material((0.80, 0.78, 0.75), 0.5, 60, painter="skin"),
    "iris": Material((0.22, 0.16, 0.10), 0.7, 80, painter="skin"),
    "hair": Material((0.16, 0.10, 0.07), 0.22, 16, painter="hair"),
    "jacket": Material((0.09, 0.10, 0.13), 0.05, 6, painter="cloth"),
    "lapel": Material((0.07, 0.08, 0.10), 0.10, 10, painter="cloth"),
    "shirt": Material((0.92, 0.92, 0.94), 0.05, 8, painter="cloth"),
    "collar": Material((0.92, 0.92, 0.94), 0.05, 8, painter="cloth"),
    "tie": Material((0.35, 0.05, 0.08), 0.18, 14, painter="cloth"),
    "trousers": Material((0.08, 0.08, 0.10), 0.04, 6, painter="cloth"),
    "shoes": Material((0.05, 0.04, 0.04), 0.4, 40, painter="cloth"),
    "button": Material((0.06, 0.05, 0.05), 0.4, 30),
    # instruments and furniture
    "brass": Material((0.86, 0.62, 0.24), 0.7, 40, 0.55),
    "chrome": Material((0.80, 0.82, 0.85), 0.8, 60, 0.6),
    "silver": Material((0.85, 0.85, 0.86), 0.8, 60, 0.6),
    "rubber": Material((0.05, 0.05, 0.05)),
    "varnish": Material((0.50, 0.20, 0.05), 0.35, 40, 0.04),
    "varnish_dark": Material((0.34, 0.13, 0.04), 0.3, 40, 0.04),
    "maple": Material((0.84, 0.66, 0.42), 0.1, 15),
    "ebony": Material((0.06, 0.05, 0.05), 0.35, 30),
    "ink": Material((0.07, 0.04, 0.03)),
    "pearl": Material((0.90, 0.90, 0.88), 0.6, 50),
    "string": Material((0.78, 0.78, 0.80), 0.6, 40, 0.3),
    "horsehair": Material((0.93, 0.91, 0.84), 0.2, 10),
    "bow_wood": Material((0.42, 0.20, 0.09), 0.4, 35),
    "chair": Material((0.10, 0.10, 0.11), 0.1, 12),
    "chair_metal": Material((0.25, 0.25, 0.27), 0.5, 40, 0.2),
}
NUMBER: Final = {name: k for k, name in enumerate(MATERIALS)}
"""The number by which a shader knows a material."""


def palette(colours: Mapping[str, Rgb]) -> npt.NDArray[np.float64]:
    """Every material's colour in linear light [shape=(materials, 3)], those in `colours` (sRGB) replaced."""
    return np.array([linear(colours.get(name, material.colour)) for name, material in MATERIALS.items()])


def linear(colour: Rgb) -> npt.NDArray[np.float64]:
    """A colour [shape=(3,)] in linear light."""
    return np.asarray(np.array(colour) ** 2.2)


def finishes() -> npt.NDArray[np.float64]:
    """Every material's shine, gloss and metal [shape=(materials, 3)]."""
    return np.array([(m.shine, m.gloss, m.metal) for m in MATERIALS.values()])


def shader_names() -> str:
    """The materials' numbers as GLSL: `#define SKIN 0` and so on, and how many there are."""
    lines = [f"#define {name.upper()} {number}" for name, number in NUMBER.items()]
    return "\n".join([*lines, f"#define MATERIALS {len(NUMBER)}", ""])
