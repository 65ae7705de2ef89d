"""Groups recordings by their images: which show the same person in the same room.

Nobody is recognised: recordings are compared as blurred thumbnails, so another shirt makes another person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage

from apvg_core.errors import MediaError
from apvg_core.media.frame_sources import ImageSequence, read_image

WIDTH: Final = 48
HEIGHT: Final = 27
SAMPLES: Final = 12
"""Images of a recording that are compared."""

MOTION: Final = 2
"""Cells of a thumbnail by which the player may have moved (4 % of the width), and the camera besides."""

UNLIKE: Final = 0.05
"""Share of the cells, the most different ones, by which two recordings are told apart."""

LIMIT: Final = 12.0
"""Distance (ΔE) up to which recordings show one person.

Another exposure or position of the chair stays below, other people in the same studio are beyond 35.
"""

CLEAR_GAP: Final = 10.0
"""Where distances jump by this factor, that is the limit: to a camera nobody touched one person's recordings
are all but the same."""

NOISE: Final = 0.05
"""Distances below this are none."""

Lab = npt.NDArray[np.float32]
Heights = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)  # arrays have no one truth
class Appearance:
    """Thumbnails of a recording in CIELAB [shape=(27, 48, 3) each].

    Attributes:
        median: The typical colour of each cell.
        low: The smallest values in a cell or near it at any time.
        high: The largest.
    """

    median: Lab
    low: Lab
    high: Lab


def measure_appearance(recording: Sequence[ImageSequence]) -> Appearance:
    """Measure some images of a recording (given in pieces); those that cannot be read are passed over."""
    paths = [path for images in recording for path in images.paths]
    thumbnails = []
    for index in np.unique(np.linspace(0, len(paths) - 1, SAMPLES).astype(int)):
        try:
            thumbnails.append(_thumbnail(read_image(paths[index], shrink=4)))
        except MediaError:  # whoever extracts it will say so
            continue
    stack = np.stack(thumbnails or [np.zeros((HEIGHT, WIDTH, 3), np.float32)])
    near = np.ones((2 * MOTION + 1, 2 * MOTION + 1), np.uint8)
    low, high = cv2.erode(stack.min(axis=0), near), cv2.dilate(stack.max(axis=0), near)
    return Appearance(np.median(stack, axis=0), np.asarray(low, np.float32), np.asarray(high, np.float32))


def group_by_appearance(appearances: Sequence[Appearance]) -> list[int]:
    """Group recordings: the number of each one's group, 0, 1, … in order of appearance."""
    distances = [
        max(_distance(one, other), _distance(other, one)) for one, other in combinations(appearances, 2)
    ]
    return group_by_distance(distances) if distances else [0] * len(appearances)


def group_by_distance(distances: Sequence[float]) -> list[int]:
    """Group things by average linkage, up to a distance of `LIMIT` or a clear jump of the distances before.

    Args:
        distances: Of each pair, in the order of `itertools.combinations`; at least one.

    Returns:
        The number of each thing's group, 0, 1, … in order of appearance.
    """
    joined = linkage(distances, method="average")
    groups = fcluster(joined, _limit(joined[:, 2]), criterion="distance").tolist()
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    return [numbers[group] for group in groups]


def _thumbnail(image: npt.NDArray[np.uint8]) -> Lab:
    small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _distance(one: Appearance, other: Appearance) -> float:
    """Compute the distance of one's most different cells from all colours of the other, at the best shift."""
    shifts = range(-MOTION, MOTION + 1)
    return min(_distance_at(one, other, down, right) for down in shifts for right in shifts)


def _distance_at(one: Appearance, other: Appearance, down: int, right: int) -> float:
    cells = _overlap(down, HEIGHT), _overlap(right, WIDTH)
    shifted = _overlap(-down, HEIGHT), _overlap(-right, WIDTH)
    below = other.low[shifted] - one.median[cells]
    above = one.median[cells] - other.high[shifted]
    lengths = np.linalg.norm(np.maximum(np.maximum(below, above), 0), axis=2).ravel()
    count = round(UNLIKE * lengths.size)
    return float(np.partition(lengths, -count)[-count:].mean())


def _overlap(shift: int, size: int) -> slice:
    return slice(max(0, shift), size + min(0, shift))


def _limit(heights: Heights) -> float:
    """The distance at which to stop joining.

    Args:
        heights: Distances at which two groups each were joined [shape=(n - 1,)].
    """
    levels = np.maximum(np.sort(heights), NOISE)
    ratios = levels[1:] / levels[:-1]
    if ratios.max(initial=0) < CLEAR_GAP:
        return LIMIT
    widest = int(ratios.argmax())
    return min(LIMIT, float(np.sqrt(levels[widest] * levels[widest + 1])))
