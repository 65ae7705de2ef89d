"""Images that show how a training is doing."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from torch import Tensor

from apvg_core.layers.blocks import tensor_to_image
from apvg_core.layers.dlt import heatmap
from apvg_core.skeleton import BODY_JOINTS, EDGES, LEFT_HAND, RIGHT_HAND

Image = npt.NDArray[np.uint8]

EDGE: Final = 256
STRIP: Final = 90
"""Height of a plotted track."""

TRACKS: Final = {
    "neck": BODY_JOINTS.index("neck"), "left hand": LEFT_HAND.start, "right hand": RIGHT_HAND.start,
}  # fmt: skip

BODY_COLOUR = (255, 200, 0)
LEFT_COLOUR = (0, 220, 120)
RIGHT_COLOUR = (80, 160, 255)


def draw_skeleton(image: Image, keypoints: npt.NDArray[np.float32], visible: npt.NDArray[np.bool_]) -> Image:
    """A copy of an image (h, w, 3) with the visible joints (60, 2) in [0, 1] and their bones on it."""
    canvas = image.copy()
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


def draw_skeletons(
    real_tp2: npt.NDArray[np.float32], seen_tp: npt.NDArray[np.bool_], predicted_tp2: npt.NDArray[np.float32]
) -> Image:
    """Real skeletons above predicted ones, at five moments of a sequence."""
    blank = np.zeros((EDGE, EDGE, 3), np.uint8)
    moments = np.linspace(0, len(real_tp2) - 1, 5).round().astype(int)
    everything = np.ones(real_tp2.shape[1], bool)
    return grid(
        [
            [draw_skeleton(blank, real_tp2[t], seen_tp[t]) for t in moments],
            [draw_skeleton(blank, predicted_tp2[t], everything) for t in moments],
        ],
        EDGE,
    )


def draw_tracks(
    real_tp2: npt.NDArray[np.float32], seen_tp: npt.NDArray[np.bool_], predicted_tp2: npt.NDArray[np.float32]
) -> Image:
    """Where neck and hands are over time, a strip for each x and y: real in colour, predicted white."""
    strips = []
    for name, joint in TRACKS.items():
        for axis in (0, 1):
            both = np.stack([real_tp2[:, joint, axis], predicted_tp2[:, joint, axis]])
            low, high = np.percentile(both, [1, 99])
            strip = np.zeros((STRIP, 5 * EDGE, 3), np.uint8)
            cv2.putText(
                strip, f"{name}, {'xy'[axis]}", (6, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (160, 160, 160), 1,
                cv2.LINE_AA,
            )  # fmt: skip
            lines = (both - low) / max(high - low, 0.02)
            _draw_line(strip, lines[0], seen_tp[:, joint], _colour(joint), 3)
            _draw_line(strip, lines[1], np.ones(len(real_tp2), bool), (255, 255, 255), 1)
            strips.append(strip)
    return np.concatenate(strips)


def _draw_line(
    strip: Image, values_t: npt.NDArray[np.float32], seen_t: npt.NDArray[np.bool_],
    colour: tuple[int, int, int], width: int,
) -> None:  # fmt: skip
    across = np.linspace(0, strip.shape[1] - 1, len(values_t))
    points = np.column_stack([across, 24 + np.clip(values_t, -0.1, 1.1) * (STRIP - 32)]).round().astype(int)
    for k in range(len(points) - 1):
        if seen_t[k] and seen_t[k + 1]:
            cv2.line(strip, points[k].tolist(), points[k + 1].tolist(), colour, width, cv2.LINE_AA)


def draw_strip(
    real_n3hw: Tensor, coarse_bt3hw: Tensor | None, keypoints_btp2: Tensor | None, generated_n3hw: Tensor
) -> Image:
    """Rows: real, heatmap, coarse, final (those that there are); columns: frames of the first sequence."""
    size = real_n3hw.shape[-1]
    inputs = [x for x in (coarse_bt3hw, keypoints_btp2) if x is not None]
    columns = min([8, *(x.shape[1] for x in inputs)])  # a held-out recording may be shorter
    rows = [real_n3hw]
    if keypoints_btp2 is not None:
        # Points of one pixel would vanish in a small image.
        marks = F.max_pool2d(heatmap(keypoints_btp2[0], size, size), 5, stride=1, padding=2)
        rows.append(marks.expand(-1, 3, -1, -1))
    if coarse_bt3hw is not None:
        rows.append(coarse_bt3hw[0])
    rows.append(generated_n3hw)
    return grid([list(tensor_to_image(row[:columns].float()).cpu().numpy()) for row in rows], 192)


def grid(rows: Sequence[Sequence[Image]], edge: int = 128) -> Image:
    """Images in rows, each scaled to a square of `edge` pixels; single-channel ones become grey."""
    return np.concatenate([np.concatenate([_tile(p, edge) for p in row], 1) for row in rows], 0)


def _tile(image: Image, edge: int) -> Image:
    colour = image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)
    return np.asarray(cv2.resize(colour, (edge, edge), interpolation=cv2.INTER_AREA))
