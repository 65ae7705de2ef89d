"""Short videos: the recording and what each method makes of it side by side, with the recording's sound."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.media.synthetic_video import synthetic_video
from apvg_core.media.video import read_frames
from apvg_core.report.formatting import clock
from apvg_core.report.frame_selection import Excerpt
from apvg_core.report.images import Image, data_uri, image_uri
from apvg_core.report.performances import FOOTAGE, Performance
from apvg_core.units import SAMPLE_RATE

SECONDS: Final = 8.0
"""Length of a video."""

EDGE: Final = 256
"""Largest edge of a tile in pixels."""

WIDTH: Final = 768
"""Largest width of a video in pixels."""

MOST: Final = 11
"""Most methods in one video."""


@dataclass(frozen=True)
class ExcerptVideo:
    """An excerpt of a recording and of what was made of it, in a grid.

    Attributes:
        uri: The mp4.
        poster: Its first image.
        columns: Columns of the grid.
        rows: Its rows.
        names: Names of the tiles, the recording first.
        caption: Which excerpt it is.
    """

    uri: str
    poster: str
    columns: int
    rows: int
    names: list[str]
    caption: str


def excerpt_video(shard: Shard, performances: Sequence[Performance], excerpt: Excerpt) -> ExcerptVideo:
    """Make a video of an excerpt, the recording itself in the first tile."""
    columns, rows = layout(1 + len(performances))
    fps = shard.info.fps
    caption = (
        f"Around the {excerpt.reason} moment: {clock(excerpt.start / fps)} to {clock(excerpt.stop / fps)}"
    )
    data, poster = encode(shard, performances, excerpt)
    return ExcerptVideo(
        data_uri("video/mp4", data), image_uri(poster), columns, rows,
        [FOOTAGE, *(each.name for each in performances)], caption,
    )  # fmt: skip


def layout(tiles: int) -> tuple[int, int]:
    """Return columns and rows that are readable on a phone as well."""
    columns = next(k for k in (1, 2, 3, 4) if tiles <= k * k)
    return columns, -(-tiles // columns)


def encode(shard: Shard, performances: Sequence[Performance], excerpt: Excerpt) -> tuple[bytes, Image]:
    """Return the mp4, and its first image [shape=(h, w, 3)]."""
    images = _side_by_side(shard, performances, excerpt)
    poster = next(images)
    height, width, _ = poster.shape
    with tempfile.TemporaryDirectory() as scratch:
        mp4, sound = Path(scratch, "video.mp4"), _sound(shard, excerpt)
        with synthetic_video(mp4, sound, fps=shard.info.fps, width=width, height=height) as writer:
            for image in chain([poster], images):
                writer.write(image)
        return mp4.read_bytes(), poster


def _side_by_side(shard: Shard, performances: Sequence[Performance], excerpt: Excerpt) -> Iterator[Image]:
    """Put the recording's image and the methods' of each frame into one [shape=(h, w, 3) each]."""
    columns, rows = layout(1 + len(performances))
    edge = min(EDGE, WIDTH // columns, shard.info.size)
    own = (shard.frames(frame, frame + 1)[0] for frame in range(excerpt.start, excerpt.stop))
    theirs = (
        read_frames(each.video, shard.info.fps, first=excerpt.start, stop=excerpt.stop)
        for each in performances
        if each.video is not None
    )
    for tiles in zip(own, *theirs, strict=True):
        canvas = np.zeros((rows * edge, columns * edge, 3), np.uint8)
        for k, tile in enumerate(tiles):
            top, left = k // columns * edge, k % columns * edge
            small = cv2.resize(tile, (edge, edge), interpolation=cv2.INTER_AREA)
            canvas[top : top + edge, left : left + edge] = small
        yield canvas


def _sound(shard: Shard, excerpt: Excerpt) -> npt.NDArray[np.int16]:
    """Return the excerpt's sound, with silence where the recording's ends early [shape=(samples,)]."""
    start, stop = (round(frame / shard.info.fps * SAMPLE_RATE) for frame in (excerpt.start, excerpt.stop))
    sound = shard.audio()[start:stop]
    return np.pad(sound, (0, stop - start - len(sound)))
