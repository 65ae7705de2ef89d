"""The worst moments of films, as one image."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.drawing.images import grid
from apvg_core.drawing.skeletons import colour_of
from apvg_core.drawing.sticks import draw_stick
from apvg_core.drawing.text import draw_text
from apvg_core.filmcheck.film import Film, Picture
from apvg_core.filmcheck.findings import Finding
from apvg_core.filmcheck.pictures import THUMB

Image = npt.NDArray[np.uint8]

EDGE, CAPTION, COLUMNS = THUMB, 26, 3
_GROUND: Final = 40


def draw_worst(checked: Sequence[tuple[Film, Sequence[Finding]]]) -> Image | None:
    """Draw the pictures that show what is wrong [shape=(h, w, 3), RGB]; None where no picture does."""
    height = max(
        (
            _read(film.pictures[k]).shape[0]
            for film, findings in checked
            for each in findings
            for k in each.worst
        ),
        default=0,
    )
    rows = [
        [_tile(film, film.pictures[k], finding, height) for k in finding.worst]
        for film, findings in checked
        for finding in findings
        if finding.worst
    ]
    if not rows:
        return None
    empty = np.full((height + CAPTION, EDGE, 3), _GROUND, np.uint8)
    return grid([row + [empty] * (COLUMNS - len(row)) for row in rows])


def _tile(film: Film, picture: Picture, finding: Finding, room: int) -> Image:
    """A picture with its joints, and a line above it; `room` is the height of the tallest picture."""
    image = _read(picture)
    height, width = image.shape[:2]
    for joint, point in enumerate(picture.pose.keypoints * [width, height]):
        if np.isfinite(point).all():
            draw_stick(image, point, point, colour_of(joint), 2)
    tile = np.full((room + CAPTION, EDGE, 3), _GROUND, np.uint8)
    top, left = CAPTION + (room - height) // 2, (EDGE - width) // 2
    tile[top : top + height, left : left + width] = image
    name = film.recording.source.encode("ascii", "replace").decode()[-28:]
    draw_text(tile, f"{finding.topic}, {picture.time:.2f} s, {name}", (6, 18), (240, 240, 240))
    return tile


def _read(picture: Picture) -> Image:
    image = cv2.imdecode(np.frombuffer(picture.thumb, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
