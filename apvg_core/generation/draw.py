"""What can be shown of a block, as images: in NumPy, without an image library.

A pixel i covers [i, i + 1) / size, as in `models/dlt.py`.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import EDGES, LEFT_HAND, RIGHT_HAND

Floats = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]

_BODY_COLOUR: Final = (255, 200, 0)
_LEFT_COLOUR: Final = (0, 220, 120)
_RIGHT_COLOUR: Final = (80, 160, 255)

_WORD: Final = (
    "### #.# #..# ### #.# ### ### # ###",
    "#.. #.# ##.# .#. #.# #.. .#. # #..",
    "### .#. #.## .#. ### ##. .#. # #..",
    "..# .#. #..# .#. #.# #.. .#. # #..",
    "### .#. #..# .#. #.# ### .#. # ###",
)
"""SYNTHETIC"""


def heatmaps(keypoints_tp2: Floats, size: int) -> Floats:
    """Eq. 1 of keypoints in [0, 1], as `models.dlt.heatmap` computes it [shape=(t, 1, size, size)]."""
    pixels = keypoints_tp2 * size - 0.5
    maps = np.zeros((len(pixels), 1, size + 2, size + 2), np.float32)  # with a frame for what lies outside
    frame = np.arange(len(pixels))[:, None]
    flat = maps[:, 0]
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        places = np.floor(pixels) + np.array(corner, np.float32)
        weights = (1 - np.abs(places - pixels)).prod(-1)
        x, y = np.moveaxis(places.clip(-1, size).astype(int) + 1, -1, 0)
        np.add.at(flat, (frame, y, x), weights)
    return maps[:, :, 1:-1, 1:-1]


def draw_heatmaps(keypoints_tp2: Floats, size: int) -> Images:
    """The heatmap in grey, each of its points three pixels wide [shape=(t, size, size, 3)]."""
    maps = np.pad(heatmaps(keypoints_tp2, size)[:, 0], ((0, 0), (1, 1), (1, 1)))
    rows = np.maximum.reduce([maps[:, k : k + size] for k in range(3)])
    around = np.maximum.reduce([rows[:, :, k : k + size] for k in range(3)])
    return _to_images(np.repeat(around[..., None], 3, axis=3))


def draw_skeletons(keypoints_tp2: Floats, size: int) -> Images:
    """Body and hands as sticks on black [shape=(t, size, size, 3)]."""
    canvas = np.zeros((len(keypoints_tp2), size, size, 3), np.float32)
    for image, points in zip(canvas, np.clip(keypoints_tp2, -1, 2) * size - 0.5, strict=True):
        for a, b in EDGES:
            joint = max(a, b)
            radius = size / (256 if joint < LEFT_HAND.start else 400)
            _draw_stick(image, points[a], points[b], _colour(joint), radius)
    return canvas.round().astype(np.uint8)


def _colour(joint: int) -> tuple[int, int, int]:
    if joint >= RIGHT_HAND.start:
        return _RIGHT_COLOUR
    return _LEFT_COLOUR if joint >= LEFT_HAND.start else _BODY_COLOUR


def _draw_stick(
    image_hw3: Floats, start: Floats, end: Floats, colour: tuple[int, int, int], radius: float
) -> None:
    """Draw a line with round ends and soft edges; `start` and `end` are (x, y) in pixels."""
    low = np.floor(np.minimum(start, end) - radius - 1).astype(int).clip(0)
    high = np.ceil(np.maximum(start, end) + radius + 2).astype(int).clip(0)
    part = image_hw3[low[1] : high[1], low[0] : high[0]]
    y, x = np.indices(part.shape[:2], np.float32)
    from_start = np.stack([x + low[0] - start[0], y + low[1] - start[1]], axis=-1)
    along = end - start
    share = np.clip(from_start @ along / max(float(along @ along), 1e-6), 0, 1)
    distance = np.linalg.norm(from_start - share[..., None] * along, axis=-1)
    cover = np.clip(radius + 0.5 - distance, 0, 1)[..., None]
    part += cover * (np.asarray(colour, np.float32) - part)


def draw_coarse(coarse_t3hw: Floats, size: int) -> Images:
    """Coarse frames at the size of the final ones, their pixels as squares [shape=(t, size, size, 3)]."""
    images = _to_images(coarse_t3hw.transpose(0, 2, 3, 1))
    return images.repeat(size // images.shape[1], axis=1).repeat(size // images.shape[2], axis=2)


def _to_images(values: Floats) -> Images:
    return (values.clip(0, 1) * 255).round().astype(np.uint8)


def label(images_thw3: Images) -> Images:
    """The same images, with the word SYNTHETIC in their lower left corner."""
    scale = max(1, images_thw3.shape[1] // 128)
    word = np.pad([[dot == "#" for dot in row] for row in _WORD], 2).repeat(scale, 0).repeat(scale, 1)
    labelled = images_thw3.copy()
    corner = labelled[:, -word.shape[0] :, : word.shape[1]]
    corner //= 3
    corner[:, word[-corner.shape[1] :, : corner.shape[2]]] = 255
    return labelled
