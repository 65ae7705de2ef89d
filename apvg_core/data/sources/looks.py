"""Tells by their images which recordings show the same person in the same room.

Nothing is recognised: recordings are compared as blurred thumbnails, so another shirt makes another person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.errors import MediaError
from apvg_core.media.frame_sources import ImageSequence, read_image

WIDTH: Final = 48
HEIGHT: Final = 27
SAMPLES: Final = 12
"""Images of a recording that are looked at."""

MOTION: Final = 2
"""Cells of a thumbnail by which the player may have moved (4 % of the width), and the camera besides."""

UNLIKE: Final = 0.05
"""Share of the cells, the most different ones, by which two recordings are told apart."""

LIMIT: Final = 12.0
"""Distance (ΔE) up to which recordings show one person: another exposure or place of the chair stays below,
other people in the same studio are beyond 35."""

CLEAR_GAP: Final = 10.0
"""Where distances jump by this factor, that is the limit: to a camera nobody touched one person's recordings
are all but the same."""

NOISE: Final = 0.05
"""Distances below this are none."""

Lab = npt.NDArray[np.float32]
Distances = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """What a recording looks like, as thumbnails in CIELAB [shape=(h, w, 3)].

    Attributes:
        median: The typical colour of each cell.
        low: The least of what is seen in a cell or near it at any time.
        high: The most.
    """

    median: Lab
    low: Lab
    high: Lab


def look_at(recording: Sequence[ImageSequence]) -> Look:
    """Look at some images of a recording (given in pieces); those that cannot be read are passed over."""
    paths = [path for images in recording for path in images.paths]
    thumbnails = []
    for index in np.unique(np.linspace(0, len(paths) - 1, SAMPLES).astype(int)):
        try:
            thumbnails.append(_thumbnail(read_image(paths[index], shrink=4)))
        except MediaError:  # whoever extracts it will say so
            continue
    seen = np.stack(thumbnails or [np.zeros((HEIGHT, WIDTH, 3), np.float32)])
    near = np.ones((2 * MOTION + 1, 2 * MOTION + 1), np.uint8)
    low, high = cv2.erode(seen.min(axis=0), near), cv2.dilate(seen.max(axis=0), near)
    return Look(np.median(seen, axis=0), np.asarray(low, np.float32), np.asarray(high, np.float32))


def group_looks(looks: Sequence[Look]) -> list[int]:
    """Group recordings: the number of each one's group, 0, 1, … in order of appearance.

    The two groups nearest to each other on average are joined, again and again, up to a distance of `LIMIT`,
    or to where the distances make a clear jump before it.
    """
    apart = np.zeros((len(looks), len(looks)))
    for a, b in combinations(range(len(looks)), 2):
        apart[a, b] = apart[b, a] = max(_unlike(looks[a], looks[b]), _unlike(looks[b], looks[a]))
    steps = _joined(apart)
    limit = _limit([height for height, _ in steps])
    groups = [{k} for k in range(len(looks))]
    for height, joined in steps:
        if height <= limit:
            groups = [group for group in groups if not group <= joined] + [joined]
    groups.sort(key=min)
    return [next(g for g, group in enumerate(groups) if k in group) for k in range(len(looks))]


def _thumbnail(image: npt.NDArray[np.uint8]) -> Lab:
    small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _unlike(one: Look, other: Look) -> float:
    """How far the most different cells of `one` are from all that `other` shows there, at the best shift."""
    shifts = range(-MOTION, MOTION + 1)
    return min(_unlike_at(one, other, down, right) for down in shifts for right in shifts)


def _unlike_at(one: Look, other: Look, down: int, right: int) -> float:
    here = _overlap(down, HEIGHT), _overlap(right, WIDTH)
    there = _overlap(-down, HEIGHT), _overlap(-right, WIDTH)
    below = other.low[there] - one.median[here]
    above = one.median[here] - other.high[there]
    cells = np.linalg.norm(np.maximum(np.maximum(below, above), 0), axis=2).ravel()
    count = round(UNLIKE * cells.size)
    return float(np.partition(cells, -count)[-count:].mean())


def _overlap(shift: int, size: int) -> slice:
    return slice(max(0, shift), size + min(0, shift))


def _joined(apart: Distances) -> list[tuple[float, set[int]]]:
    """What is joined, in order, and at which average distance [shape of `apart`=(n, n)]."""
    groups = [{k} for k in range(len(apart))]
    joined: list[tuple[float, set[int]]] = []
    while len(groups) > 1:
        height, a, b = min(
            (float(apart[np.ix_(sorted(groups[a]), sorted(groups[b]))].mean()), a, b)
            for a in range(len(groups))
            for b in range(a)
        )
        groups = [*(g for k, g in enumerate(groups) if k not in (a, b)), groups[a] | groups[b]]
        joined.append((height, groups[-1]))
    return joined


def _limit(heights: Sequence[float]) -> float:
    """The distance at which to stop joining."""
    levels = np.maximum(sorted(heights), NOISE)
    ratios = levels[1:] / levels[:-1]
    if ratios.max(initial=0) < CLEAR_GAP:
        return LIMIT
    widest = int(ratios.argmax())
    return min(LIMIT, float(np.sqrt(levels[widest] * levels[widest + 1])))
