"""Pictures that show how a training is doing."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import EDGES, LEFT_HAND, RIGHT_HAND

Picture = npt.NDArray[np.uint8]

BODY_COLOUR = (255, 200, 0)
LEFT_COLOUR = (0, 220, 120)
RIGHT_COLOUR = (80, 160, 255)


def draw_skeleton(
    picture: Picture, keypoints: npt.NDArray[np.float32], visible: npt.NDArray[np.bool_]
) -> Picture:
    """A copy of a picture (h, w, 3) with the visible joints (60, 2) in [0, 1] and their bones on it."""
    canvas = picture.copy()
    height, width = canvas.shape[:2]
    points = np.clip(keypoints, -1, 2) * (width, height)
    for a, b in EDGES:
        if visible[a] and visible[b]:
            colour = _colour(max(a, b))
            start, end = points[a].round().astype(int), points[b].round().astype(int)
            cv2.line(canvas, start.tolist(), end.tolist(), colour, max(1, width // 200), cv2.LINE_AA)
    return canvas


def _colour(joint: int) -> tuple[int, int, int]:
    if joint >= RIGHT_HAND.start:
        return RIGHT_COLOUR
    return LEFT_COLOUR if joint >= LEFT_HAND.start else BODY_COLOUR


def grid(rows: Sequence[Sequence[Picture]], edge: int = 128) -> Picture:
    """Pictures in rows, each scaled to a square of `edge` pixels; single-channel ones become grey."""
    return np.concatenate([np.concatenate([_tile(p, edge) for p in row], 1) for row in rows], 0)


def _tile(picture: Picture, edge: int) -> Picture:
    colour = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2)
    return np.asarray(cv2.resize(colour, (edge, edge), interpolation=cv2.INTER_AREA))
