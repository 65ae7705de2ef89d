"""A shard as one image: frames with skeletons, the CQT, and the keypoints over time."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.drawing.image_file import write_image
from apvg_core.drawing.images import grid
from apvg_core.drawing.skeletons import colour_of
from apvg_core.drawing.sticks import Colour, draw_stick
from apvg_core.drawing.text import draw_text
from apvg_core.drawing.tracks import JOINTS, draw_track
from apvg_core.skeleton import EDGES, LEFT_HAND, NUM_JOINTS
from apvg_core.units import CQT_FLOOR_DB
from apvg_core.wording import counted

Image = npt.NDArray[np.uint8]

COLUMNS, ROWS, EDGE = 6, 2, 256
_WIDTH: Final = COLUMNS * EDGE
_PAPER: Final = 250
_INK: Final[Colour] = (30, 30, 30)
_PLOT_HEIGHT: Final = 150
_PLOT_GROUND: Final = 25
_IMPUTED: Final[Colour] = (200, 200, 200)
_BLACK: Final[Colour] = (0, 0, 0)
_WHITE: Final[Colour] = (255, 255, 255)


def write_sheet(shard_path: Path, image_path: Path) -> None:
    """Draw a shard and write it as PNG or JPEG, as the name says.

    Raises:
        ShardError: The shard is missing or damaged.
        OSError: The image cannot be written.
    """
    with Shard(shard_path) as shard:
        image = draw_sheet(shard)
    write_image(image_path, image)


def draw_sheet(shard: Shard) -> Image:
    """Draw a shard [shape=(h, w, 3), RGB]: frames from all over, then what is heard, then what moves."""
    info = shard.info
    title = (
        f"{info.instrument}, {info.performer}: {info.source} ({info.split}), {counted(len(shard), 'frame')}, "
        f"{len(shard) / info.fps:.1f} s at {info.fps:g} fps"
    )
    rows = [
        _text_row(title),
        _frames(shard),
        _text_row("constant-Q transform, from C1 up"),
        _cqt(shard),
        _text_row("x (thick) and y (thin) of neck, left and right hand; grey: filled in"),
        _tracks(shard),
    ]
    return np.vstack(rows)


def _text_row(text: str) -> Image:
    row = np.full((26, _WIDTH, 3), _PAPER, np.uint8)
    draw_text(row, text, (6, 18), _INK, height=0.5)
    return row


def _frames(shard: Shard) -> Image:
    chosen = np.linspace(0, len(shard) - 1, COLUMNS * ROWS).round().astype(int)
    tiles = [_with_skeleton(shard, int(index)) for index in chosen]
    return grid([tiles[k * COLUMNS : (k + 1) * COLUMNS] for k in range(ROWS)])


def _with_skeleton(shard: Shard, index: int) -> Image:
    frame = shard.frames(index, index + 1)[0]
    tile = np.asarray(cv2.resize(frame, (EDGE, EDGE), interpolation=cv2.INTER_AREA), np.uint8)
    points, visible = shard.keypoints[index] * EDGE - 0.5, shard.visible[index]
    # All outlines first: one joint's would hide its neighbours' colours.
    for colour, radius in ((_BLACK, 1.5), (_WHITE, 0.5)):
        for a, b in EDGES:
            if visible[a] and visible[b]:
                draw_stick(tile, points[a], points[b], colour, radius)
    for outline in (1, 0):
        for joint in range(NUM_JOINTS):
            radius = (2 if joint < LEFT_HAND.start else 1) + outline
            colour = colour_of(joint) if visible[joint] else _IMPUTED
            draw_stick(tile, points[joint], points[joint], _BLACK if outline else colour, radius)
    for colour, width in ((_BLACK, 3), (_WHITE, 1)):
        draw_text(tile, f"{shard.times[index]:.2f} s", (5, EDGE - 7), colour, height=0.4, width=width)
    return tile


def _cqt(shard: Shard) -> Image:
    """Draw the middle column of every frame's window."""
    columns = shard.middle_columns().T
    grey = np.clip((columns - CQT_FLOOR_DB) / -CQT_FLOOR_DB, 0, 1)[::-1]
    tall = cv2.resize((255 * grey).astype(np.uint8), (_WIDTH, 2 * len(grey)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(tall, cv2.COLORMAP_MAGMA), cv2.COLOR_BGR2RGB), np.uint8)


def _tracks(shard: Shard) -> Image:
    plot = np.full((_PLOT_HEIGHT, _WIDTH, 3), _PLOT_GROUND, np.uint8)
    everywhere = np.ones(len(shard), bool)
    for joint in JOINTS.values():
        for axis, width in ((0, 2), (1, 1)):
            heights = shard.keypoints[:, joint, axis] * (_PLOT_HEIGHT - 1)
            draw_track(plot, heights, everywhere, _IMPUTED, width)
            draw_track(plot, heights, shard.visible[:, joint], colour_of(joint), width)
    return plot
