"""A shard as one image: frames with skeletons, the CQT, and the keypoints over time."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.files import atomic_write
from apvg_core.skeleton import BODY, BODY_JOINTS, EDGES, LEFT_HAND, RIGHT_HAND
from apvg_core.units import CQT_FLOOR_DB
from apvg_core.wording import counted

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

COLUMNS, ROWS, EDGE = 6, 2, 256
_WIDTH: Final = COLUMNS * EDGE
_PAPER: Final = 250
_PLOT_HEIGHT: Final = 150
_COLOURS: Final[dict[str, Colour]] = {
    "body": (60, 160, 60), "left hand": (210, 60, 40), "right hand": (40, 80, 210),
}  # fmt: skip
_TRACKS: Final = {
    "body": BODY_JOINTS.index("neck"), "left hand": LEFT_HAND.start, "right hand": RIGHT_HAND.start,
}  # fmt: skip
_FILLED_IN: Final[Colour] = (200, 200, 200)
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
    done, data = cv2.imencode(image_path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert done
    with atomic_write(image_path) as temporary:
        temporary.write_bytes(data.tobytes())


def draw_sheet(shard: Shard) -> Image:
    """The image [shape=(h, w, 3), RGB]: frames from all over, then what is heard, then what moves."""
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
    cv2.putText(row, text, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30, 30, 30), 1, cv2.LINE_AA)
    return row


def _frames(shard: Shard) -> Image:
    chosen = np.linspace(0, len(shard) - 1, COLUMNS * ROWS).round().astype(int)
    tiles = [_with_skeleton(shard, int(index)) for index in chosen]
    return np.vstack([np.hstack(tiles[k * COLUMNS : (k + 1) * COLUMNS]) for k in range(ROWS)])


def _with_skeleton(shard: Shard, index: int) -> Image:
    tile = cv2.resize(shard.frames(index, index + 1)[0], (EDGE, EDGE), interpolation=cv2.INTER_AREA)
    places = np.round(shard.keypoints[index] * EDGE).astype(int)
    seen = shard.visible[index]
    bones = [(tuple(places[a]), tuple(places[b])) for a, b in EDGES if seen[a] and seen[b]]
    # All outlines first: one joint's would hide its neighbours' colours.
    for colour, width in ((_BLACK, 3), (_WHITE, 1)):
        for start, end in bones:
            cv2.line(tile, start, end, colour, width, cv2.LINE_AA)
    for outlined in (True, False):
        for name, joints in (("body", BODY), ("left hand", LEFT_HAND), ("right hand", RIGHT_HAND)):
            for joint in range(joints.start, joints.stop):
                radius = (2 if name == "body" else 1) + outlined
                colour = _COLOURS[name] if seen[joint] else _FILLED_IN
                cv2.circle(
                    tile, tuple(places[joint]), radius, _BLACK if outlined else colour, -1, cv2.LINE_AA
                )
    for colour, width in ((_BLACK, 3), (_WHITE, 1)):
        cv2.putText(
            tile, f"{shard.times[index]:.2f} s", (5, EDGE - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, width,
            cv2.LINE_AA,
        )  # fmt: skip
    return np.asarray(tile, np.uint8)


def _cqt(shard: Shard) -> Image:
    """The middle column of every frame's window."""
    columns = np.concatenate(
        [
            shard.windows(start, min(start + 256, len(shard)))[:, :, shard.windows(0, 1).shape[2] // 2]
            for start in range(0, len(shard), 256)
        ]
    ).T
    grey = np.clip((columns - CQT_FLOOR_DB) / -CQT_FLOOR_DB, 0, 1)[::-1]
    tall = cv2.resize((255 * grey).astype(np.uint8), (_WIDTH, 2 * len(grey)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(tall, cv2.COLORMAP_MAGMA), cv2.COLOR_BGR2RGB), np.uint8)


def _tracks(shard: Shard) -> Image:
    plot = np.full((_PLOT_HEIGHT, _WIDTH, 3), _PAPER, np.uint8)
    across = np.linspace(0, _WIDTH - 1, len(shard))
    for name, joint in _TRACKS.items():
        for axis, width in ((0, 2), (1, 1)):
            line = (
                np.column_stack([across, shard.keypoints[:, joint, axis] * (_PLOT_HEIGHT - 1)])
                .round()
                .astype(int)
            )
            for k in range(len(line) - 1):
                colour = _COLOURS[name] if shard.visible[k : k + 2, joint].all() else _FILLED_IN
                cv2.line(plot, tuple(line[k]), tuple(line[k + 1]), colour, width, cv2.LINE_AA)
    return plot
