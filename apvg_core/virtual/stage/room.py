"""The room behind a player: which one belongs to a performer's number."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.virtual.stage.materials import Rgb


@dataclass(frozen=True)
class Room:
    """A floor of boards and a wall behind it, as `shaders/room.frag` draws them.

    Attributes:
        kind: Which wall: a name in `KINDS`.
        wall: sRGB of the wall: its panels, plaster or shelves.
        accent: sRGB of the curtain, or of some of the books.
        wood: sRGB of the floor.
        depth: Metres from the player to the wall.
        turn: Radians by which the wall is turned from the camera.
        shift: Metres that the wall's pattern is moved sideways.
    """

    kind: str
    wall: Rgb
    accent: Rgb
    wood: Rgb
    depth: float
    turn: float
    shift: float


KINDS: Final = ("hall", "curtain", "windows", "shelves")
"""Panels of wood with lamps, a curtain in folds, plaster with windows, shelves of books."""

_WALLS: Final[dict[str, tuple[Rgb, ...]]] = {
    "hall": ((0.60, 0.42, 0.27), (0.52, 0.33, 0.20), (0.68, 0.52, 0.36)),
    "curtain": ((0.5, 0.5, 0.5),),
    "windows": ((0.72, 0.70, 0.64), (0.60, 0.66, 0.66), (0.70, 0.65, 0.60), (0.62, 0.66, 0.72)),
    "shelves": ((0.50, 0.36, 0.24), (0.62, 0.58, 0.52)),
}
_ACCENTS: Final[tuple[Rgb, ...]] = (
    (0.62, 0.16, 0.15), (0.22, 0.30, 0.50), (0.24, 0.40, 0.34), (0.55, 0.50, 0.46), (0.44, 0.24, 0.40),
)  # fmt: skip
_CURTAINS: Final[tuple[Rgb, ...]] = (
    (0.74, 0.66, 0.54), (0.62, 0.69, 0.76), (0.63, 0.70, 0.62), (0.76, 0.64, 0.61), (0.70, 0.70, 0.70),
)  # fmt: skip
"""Lighter than any suit: a pose estimator did not find burgundy before red, nor do people."""

_WOODS: Final[tuple[Rgb, ...]] = (
    (0.66, 0.47, 0.30), (0.56, 0.38, 0.24), (0.74, 0.58, 0.41), (0.46, 0.31, 0.21),
)  # fmt: skip


def room_of(performer: int) -> Room:
    """The room that belongs to a performer's number."""
    rng = np.random.default_rng([performer, 4])
    kind = KINDS[(performer + int(rng.integers(2))) % len(KINDS)]
    accents = _CURTAINS if kind == "curtain" else _ACCENTS
    wall, accent, wood = (table[int(rng.integers(len(table)))] for table in (_WALLS[kind], accents, _WOODS))
    return Room(
        kind=kind,
        wall=wall,
        accent=accent,
        wood=wood,
        depth=float(rng.uniform(2.4, 3.8)),
        turn=float(rng.uniform(-0.25, 0.25)),
        shift=float(rng.uniform(0, 2)),
    )
