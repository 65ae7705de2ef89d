"""Short films: the recording and what each method makes of it side by side, with the recording's sound."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import soundfile

from apvg_core.data.shards import Shard
from apvg_core.media.audio import open_song
from apvg_core.media.video import read_frames
from apvg_core.media.video_writer import VideoWriter
from apvg_core.report.html import Html, data_uri, element
from apvg_core.report.images import image_uri
from apvg_core.report.material import FOOTAGE, Shown
from apvg_core.report.moments import Excerpt, clock
from apvg_core.units import SAMPLE_RATE

SECONDS: Final = 8.0

EDGE: Final = 256
"""Tiles are not larger, in pixels."""

WIDTH: Final = 768
"""Films are not wider, in pixels."""

MOST: Final = 11
"""Methods in one film."""

Image = npt.NDArray[np.uint8]


def film(shard: Shard, methods: Sequence[Shown], excerpt: Excerpt) -> Html:
    """A film with the names of its parts on it; the recording itself comes first."""
    columns, rows = layout(1 + len(methods))
    names = [FOOTAGE, *(shown.name for shown in methods)]
    labels = [
        element(
            "span", name,
            style=f"left:{100 * (k % columns) / columns:.2f}%;top:{100 * (k // columns) / rows:.2f}%;"
            f"max-width:calc({100 / columns:.2f}% - .75rem)",
        )
        for k, name in enumerate(names)
    ]  # fmt: skip
    fps = shard.info.fps
    caption = f"Around the {excerpt.why} moment: {clock(excerpt.start / fps)} to {clock(excerpt.stop / fps)}"
    data, poster = encode(shard, methods, excerpt)
    video = element(
        "video", src=data_uri("video/mp4", data), poster=image_uri(poster), controls=True, loop=True,
        playsinline=True, preload="metadata", style=f"aspect-ratio:{columns}/{rows}",
        aria_label=f"{caption}; side by side: {', '.join(names)}",
    )  # fmt: skip
    return element(
        "figure",
        element("div", video, element("div", *labels, class_="names", aria_hidden="true"), class_="screen"),
        element("figcaption", caption),
        class_="film",
    )


def layout(tiles: int) -> tuple[int, int]:
    """Columns and rows that are readable on a phone as well."""
    columns = next(k for k in (1, 2, 3, 4) if tiles <= k * k)
    return columns, -(-tiles // columns)


def encode(shard: Shard, methods: Sequence[Shown], excerpt: Excerpt) -> tuple[bytes, Image]:
    """The mp4, and its first image."""
    images = _side_by_side(shard, methods, excerpt)
    poster = next(images)
    height, width, _ = poster.shape
    with tempfile.TemporaryDirectory() as scratch:
        wav, mp4 = Path(scratch, "sound.wav"), Path(scratch, "film.mp4")
        soundfile.write(wav, _sound(shard, excerpt), SAMPLE_RATE)
        with (
            open_song(wav) as song,
            VideoWriter(
                mp4, fps=shard.info.fps, width=width, height=height, song=song, metadata={"synthetic": "true"}
            ) as writer,
        ):
            for image in chain([poster], images):
                writer.write(image)
        return mp4.read_bytes(), poster


def _side_by_side(shard: Shard, methods: Sequence[Shown], excerpt: Excerpt) -> Iterator[Image]:
    """Of each frame the recording's image and the methods', in one."""
    columns, rows = layout(1 + len(methods))
    edge = min(EDGE, WIDTH // columns, shard.info.size)
    own = (shard.frames(frame, frame + 1)[0] for frame in range(excerpt.start, excerpt.stop))
    made = (
        read_frames(shown.film, shard.info.fps, first=excerpt.start, stop=excerpt.stop)
        for shown in methods
        if shown.film is not None
    )
    for tiles in zip(own, *made, strict=True):
        canvas = np.zeros((rows * edge, columns * edge, 3), np.uint8)
        for k, tile in enumerate(tiles):
            top, left = k // columns * edge, k % columns * edge
            small = cv2.resize(tile, (edge, edge), interpolation=cv2.INTER_AREA)
            canvas[top : top + edge, left : left + edge] = small
        yield canvas


def _sound(shard: Shard, excerpt: Excerpt) -> npt.NDArray[np.int16]:
    """The excerpt's sound; silence where the recording's ends early."""
    start, stop = (round(frame / shard.info.fps * SAMPLE_RATE) for frame in (excerpt.start, excerpt.stop))
    sound = shard.audio()[start:stop]
    return np.pad(sound, (0, stop - start - len(sound)))
