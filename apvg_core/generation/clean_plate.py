"""The clean plate: what a run's camera would have seen without the player.

A run keeps a plate, the median of its frames, in which the player still stands: only what moves is gone. The wall
behind is taken to be plain, so a smooth surface fits it everywhere, except where the player is; what lies there is
painted from the edges inwards.

Axes: h and w the image's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import EDGES

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

NEAR: Final = 0.12
"""Edges of the image, from the bones, within which nothing is taken for the wall when the surface is fitted."""

FAR: Final = 0.3
"""Edges from the bones beyond which nearly all must be wall, or it is not plain."""

UNLIKE: Final = 10.0
"""Distance of colours (of 255, Euclidean in RGB) from which on something is not the wall."""

BUSY: Final = 0.2
"""Share of what is far from the player that may be unlike the surface before a plain wall."""

DARKEST: Final = 0.55
"""Share of its brightness that the wall keeps in the player's shadow."""

_MOVING_SHADOW: Final = 0.7
"""The same for shadows that move beyond the player."""


@dataclass(frozen=True, eq=False)  # arrays have no one truth
class CleanPlate:
    """What is behind the player.

    Attributes:
        image: RGB of 0 to 255 [shape=(h, w, 3)].
        shade: Share of its brightness that the wall may lose to a moving shadow there [shape=(h, w)]: 1, none of
            it, about the player, who wears black.
        plain: The wall is plain; else the image is the wall only away from the player.
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
    pixel = max(1, size // 128)  # what is called a pixel or two is meant at 256
    bones = _bones(poses, size)
    away = distance_transform_edt(~bones) / size
    wall = _surface(image, away > NEAR)
    unlike = _distance(image, wall, np.float32(DARKEST)) > UNLIKE
    far = away > FAR
    plain = not far.any() or float((np.linalg.norm(image - wall, axis=2) > UNLIKE)[far].mean()) < BUSY
    if plain:
        # what hangs together with the player is the player's: the instrument, a chair
        pieces, _ = label(binary_dilation(unlike, iterations=pixel))
        player = unlike & np.isin(pieces, np.setdiff1d(pieces[bones], 0))
        player = binary_dilation(player, iterations=pixel)
        player |= ~large(~player, size**2 // 1000)
    else:
        player = away < NEAR
    beyond = distance_transform_edt(~player) / size * 32 - 1  # from 1 / 32 of the edge to 2 / 32
    shade = 1 - (1 - _MOVING_SHADOW) * beyond.clip(0, 1)
    return CleanPlate(_painted(image, player), shade.astype(np.float32), plain)


def difference(image: Floats, clean: CleanPlate) -> Floats:
    """Distance of each colour from the clean plate's, whose moving shadows count as wall [shape=(h, w)]."""
    return _distance(image, clean.image, clean.shade)


def _distance(image: Floats, wall: Floats, darkest: npt.NDArray[np.float32] | np.float32) -> Floats:
    """Distance of colours from a wall's at its best brightness between `darkest` and 1."""
    energy = np.einsum("hwk,hwk->hw", wall, wall)
    share = np.einsum("hwk,hwk->hw", image, wall) / np.maximum(energy, 1)
    share = np.minimum(np.maximum(share, darkest), 1)
    off = image - share[:, :, None] * wall
    return np.asarray(np.sqrt(np.einsum("hwk,hwk->hw", off, off)), np.float32)


def _bones(poses: Sequence[Floats], size: int) -> Mask:
    """Draw the bones as thin lines [shape=(size, size)]."""
    drawn = np.zeros((size, size), np.bool_)
    along = np.linspace(0, 1, size)[:, None]
    for pose in poses:
        for one, other in EDGES:
            places = (pose[one] + along * (pose[other] - pose[one])) * size
            x, y = places[((places >= 0) & (places < size)).all(1)].astype(int).T
            drawn[y, x] = True
    return drawn


def _surface(image: Floats, likely: Mask) -> Floats:
    """Fit a cubic surface to each colour, by iteratively reweighted least squares.

    Args:
        image: [shape=(h, w, 3)].
        likely: Where the wall may be; what lies off the surface there counts less and less (the weight of Geman
            and McClure, whose scale shrinks).
    """
    y, x = (axis.ravel() for axis in np.mgrid[-1 : 1 : image.shape[0] * 1j, -1 : 1 : image.shape[1] * 1j])
    terms = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], 1)
    every = max(1, image.shape[0] // 64)
    few = np.zeros(likely.shape, np.bool_)
    few[::every, ::every] = True
    few = (few & likely).ravel()
    known, colours = terms[few], image.reshape(-1, 3)[few]
    weights, scale = np.ones(len(known)), 4 * UNLIKE
    fit = np.zeros((terms.shape[1], 3))
    for _ in range(12):
        root = np.sqrt(weights)[:, None]
        fit = np.linalg.lstsq(known * root, colours * root, rcond=None)[0]
        off = np.linalg.norm(colours - known @ fit, axis=1)
        weights = 1 / (1 + (off / scale) ** 2) ** 2
        scale = max(UNLIKE / 2, 0.75 * scale)
    return (terms @ fit).reshape(image.shape).astype(np.float32)


def large(mask: Mask, least: int) -> Mask:
    """Keep the pieces of a mask that have at least so many pixels."""
    from scipy.ndimage import label

    pieces, _ = label(mask)
    keep = np.bincount(pieces.ravel()) >= least
    keep[0] = False
    return np.asarray(keep[pieces])


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
