"""The clean plate: what a run's camera would have seen without the player.

A run keeps a plate, the median of its frames, in which the player still stands: only what moves is gone. The
room's colours are seen beside the player, too, and the player's on the bones; so a place with a colour of the
room about it is the room, and what has none of them and hangs together with the bones is the player, with
instrument and chair. What is behind is painted from the edges inwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import BODY_JOINTS, EDGES

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

NEAR: Final = 0.12
"""Edges of the image, from the bones, within which nothing tells at first how the room looks."""

FAR: Final = 0.3
"""Edges from the bones beyond which all is room."""

CELLS: Final = (16, 16, 20, 20, 20)
"""Cells of the bilateral grid: rows, columns, red, green, blue."""

SPREAD: Final = (1.5, 1.5, 0.4, 0.4, 0.4)
"""Cells (standard deviation) over which it is blurred."""

COMMON: Final = 0.005
"""Share of the room about a place from which on a colour is one of the room's."""

BODY: Final = 0.03
"""Edges from the bones within which the player's colours are seen."""

OWN: Final = 0.3
"""Share of the room, to that of the body, below which a colour that both have is the player's."""

BUSY: Final = 0.01
"""Share of what is far from the player and not common, from which on colours do not tell the room."""

_PASSES: Final = 2
"""How often the room is looked at; from the second time on close to the player, too."""

_SPECK: Final = 2000
"""Pieces of room within the player smaller than one of so many parts of the image are his."""

_MOVING_SHADOW: Final = 0.7
"""Share of its brightness that the room keeps in shadows that move."""

_LEGS: Final = tuple(
    BODY_JOINTS.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("hip", "knee")
)


@dataclass(frozen=True, eq=False)  # arrays have no one truth
class CleanPlate:
    """What is behind the player.

    Attributes:
        image: RGB of 0 to 255 [shape=(h, w, 3)].
        shade: Share of its brightness that is left in a moving shadow [shape=(h, w)]; 1 about the player,
            whose black clothes would be one.
        plain: The room is plain enough; else parts of it about the player are taken for him.
    """

    image: Floats
    shade: Floats
    plain: bool


def find_clean_plate(plate: npt.NDArray[np.uint8], poses: Sequence[Floats]) -> CleanPlate:
    """Find what is behind the player of a plate.

    Args:
        plate: The median of the run's frames [shape=(size, size, 3)].
        poses: Keypoints of usual poses [shape=(60, 2) each, in [0, 1]].
    """
    from scipy.ndimage import binary_dilation, distance_transform_edt, label

    image, size = plate.astype(np.float32), len(plate)
    pixels = max(1, size // 128)  # that an edge is wide
    bones = _bones(poses, size)
    away = distance_transform_edt(~bones) / size
    room = away > NEAR
    on_body = _commonness(image, away < BODY)
    for _ in range(_PASSES):
        in_room = _commonness(image, room)
        strange = in_room < np.maximum(COMMON, OWN * on_body)
        pieces, _ = label(binary_dilation(strange | bones, iterations=pixels))
        player = (strange | bones) & np.isin(pieces, np.setdiff1d(pieces[bones], 0))
        player = binary_dilation(player, iterations=pixels)
        player |= ~large(~player, size**2 // _SPECK)
        player &= away < FAR
        room = ~player
    far = away > FAR
    beyond = 32 * distance_transform_edt(room) / size - 1  # from 1 / 32 of the edge to 2 / 32
    shade = 1 - (1 - _MOVING_SHADOW) * beyond.clip(0, 1)
    return CleanPlate(
        image=_painted(image, player),
        shade=shade.astype(np.float32),
        plain=not far.any() or bool((in_room[far] < COMMON).mean() < BUSY),
    )


def difference(image: Floats, clean: CleanPlate) -> Floats:
    """Distance of each colour from the clean plate's, lit or shaded [shape=(h, w), Euclidean, of 255]."""
    room = clean.image
    light = np.einsum("hwk,hwk->hw", image, room) / np.maximum(np.einsum("hwk,hwk->hw", room, room), 1)
    light = np.minimum(np.maximum(light, clean.shade), 1)
    off = image - light[:, :, None] * room
    return np.asarray(np.sqrt(np.einsum("hwk,hwk->hw", off, off)), np.float32)


def large(mask: Mask, least: int) -> Mask:
    """Keep the pieces of a mask that have at least so many pixels [shape=(h, w)]."""
    from scipy.ndimage import label

    pieces, _ = label(mask)
    keep = np.bincount(pieces.ravel()) >= least
    keep[0] = False
    return np.asarray(keep[pieces])


def _bones(poses: Sequence[Floats], size: int) -> Mask:
    """Draw the bones as thin lines [shape=(size, size)], and from hips and knees down to the edge."""
    lines = [(pose[one], pose[other]) for pose in poses for one, other in EDGES]
    lines += [(pose[joint], np.array([pose[joint, 0], 1.0])) for pose in poses for joint in _LEGS]
    drawn = np.zeros((size, size), np.bool_)
    along = np.linspace(0, 1, 2 * size)[:, None]
    for start, end in lines:
        places = (start + along * (end - start)) * size
        x, y = places[((places >= 0) & (places < size)).all(1)].astype(int).T
        drawn[y, x] = True
    return drawn


def _commonness(image: Floats, there: Mask) -> Floats:
    """Share of what is there, about each pixel, that has its colour [shape=(h, w)].

    Source: the bilateral grid of Chen, Paris and Durand (2007): pixels are counted in cells of place and
    colour, the counts blurred, and read between the cells again.

    Args:
        image: [shape=(h, w, 3), 0 to 255].
        there: Which of its pixels are counted [shape=(h, w)].
    """
    from scipy.ndimage import gaussian_filter, map_coordinates

    height, width = there.shape
    rows, columns = np.mgrid[:height, :width]
    places = np.stack([rows / height, columns / width, *np.moveaxis(image / 256, 2, 0)])
    places *= np.reshape(CELLS, (5, 1, 1))
    counts = np.zeros(CELLS, np.float32)
    np.add.at(counts, tuple(places[:, there].astype(int)), 1)
    blurred = gaussian_filter(counts, SPREAD, mode="nearest", truncate=2.5)
    alike = map_coordinates(blurred, places - 0.5, order=1, mode="nearest")
    total = gaussian_filter(counts.sum((2, 3, 4)), SPREAD[:2], mode="nearest", truncate=2.5)
    about = map_coordinates(total, places[:2] - 0.5, order=1, mode="nearest")
    return np.asarray(alike / np.maximum(about, 1), np.float32)


def _painted(image: Floats, hidden: Mask) -> Floats:
    """Paint what is hidden as a membrane over its edges: the Laplace equation, solved for each colour.

    An image that is all hidden becomes its mean.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    if hidden.all():
        return np.broadcast_to(image.mean((0, 1)), image.shape).astype(np.float32)
    if not hidden.any():
        return image
    number = np.full(hidden.shape, -1)
    number[hidden] = np.arange(count := int(hidden.sum()))
    own, neighbours, fixed = [], [], np.zeros((count, 3))
    degree = np.zeros(count)
    for here, there in _neighbours():
        pairs = hidden[here]
        a, b = number[here][pairs], number[there][pairs]
        degree += np.bincount(a, minlength=count)
        inside = b >= 0
        own.append(a[inside])
        neighbours.append(b[inside])
        np.add.at(fixed, a[~inside], image[there][pairs][~inside])
    diagonal = np.arange(count)
    rows, columns = np.concatenate([*own, diagonal]), np.concatenate([*neighbours, diagonal])
    values = np.concatenate([np.full(len(rows) - count, -1.0), degree])
    matrix: Any = coo_array((values, (rows, columns)), shape=(count, count)).tocsc()
    painted = image.copy()
    painted[hidden] = spsolve(matrix, fixed)
    return painted


def _neighbours() -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Pairs of views of an image that lay each pixel onto its neighbour: right, left, below, above."""
    every, first, last = slice(None), slice(None, -1), slice(1, None)
    return [
        ((every, first), (every, last)),
        ((every, last), (every, first)),
        ((first, every), (last, every)),
        ((last, every), (first, every)),
    ]
