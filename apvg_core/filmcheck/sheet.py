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

Image = npt.NDArray[np.uint8]

WIDTH, HEIGHT, CAPTION, COLUMNS = 480, 480, 26, 3
_GROUND: Final = 40


def draw_worst(checked: Sequence[tuple[Film, Sequence[Finding]]]) -> Image | None:
    """Draw the pictures that show what is wrong [shape=(h, w, 3), RGB]; None where no picture does."""
    rows = [
        [_tile(film, film.pictures[k], finding) for k in finding.worst]
        for film, findings in checked
        for finding in findings
        if finding.worst
    ]
    if not rows:
        return None
    empty = np.full((HEIGHT + CAPTION, WIDTH, 3), _GROUND, np.uint8)
    return grid([row + [empty] * (COLUMNS - len(row)) for row in rows])


def _tile(film: Film, picture: Picture, finding: Finding) -> Image:
    """A picture with its joints, and a line above it."""
    image = cv2.cvtColor(
        cv2.imdecode(np.frombuffer(picture.thumb, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
    )
    height, width = image.shape[:2]
    for joint, point in enumerate(picture.pose.keypoints * [width, height]):
        if np.isfinite(point).all():
            draw_stick(image, point, point, colour_of(joint), 2)
    tile = np.full((HEIGHT + CAPTION, WIDTH, 3), _GROUND, np.uint8)
    top, left = CAPTION + (HEIGHT - height) // 2, (WIDTH - width) // 2
    tile[top : top + height, left : left + width] = image
    name = film.recording.source.encode("ascii", "replace").decode()[-28:]
    draw_text(tile, f"{finding.topic}, {picture.time:.2f} s, {name}", (6, 18), (240, 240, 240))
    return tile
