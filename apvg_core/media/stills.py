"""Still pictures: colours by name, image files, and how they fill a size."""

import re
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from apvg_core.errors import MediaError
from apvg_core.media.container import open_container
from apvg_core.media.frame_converter import FrameConverter
from apvg_core.media.frame_maker import Image


def colour(text: str) -> Image | None:
    """Make a picture [shape=(1, 1, 3)] of a colour: #rrggbb, or a name of HTML's, which FFmpeg knows.

    None is no colour.
    """
    if re.fullmatch("#[0-9a-fA-F]{6}", text):
        return np.array(bytearray.fromhex(text[1:]), np.uint8)[None, None]
    if not re.fullmatch("[a-zA-Z]+", text) or text.lower() == "random":
        return None
    graph = av.filter.Graph()
    try:
        source = graph.add("color", f"c={text}:s=2x2")
    except av.FFmpegError:
        return None
    as_rgb, sink = graph.add("format", "gbrp"), graph.add("buffersink")
    source.link_to(as_rgb)
    as_rgb.link_to(sink)
    graph.configure()
    frame = graph.pull()
    assert isinstance(frame, av.VideoFrame)
    return frame.to_ndarray(format="rgb24")[:1, :1].astype(np.uint8, copy=False)


def read_still(path: Path) -> Image:
    """Read an image file, or the first frame of a video, upright [shape=(h, w, 3)].

    Raises:
        MediaError: It is missing, damaged or no image.
    """
    with open_container(path) as container:
        if container.streams.video:
            stream = container.streams.video[0]
            for frame in container.decode(stream):
                return FrameConverter(path, stream, frame).convert(frame)
    raise MediaError(f"{path} holds no image; name another file.")


def scaled(image: Image, width: int, height: int) -> Image:
    """Scale an image [shape=(h, w, 3)] to another size."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    frame = VideoReformatter().reformat(frame, width, height, "rgb24", interpolation="BICUBIC", threads=1)
    return frame.to_ndarray().astype(np.uint8, copy=False)


def cover(image: Image, width: int, height: int) -> Image:
    """Fill a size with the middle of an image: scaled alike in both directions, what is too much cut off.

    Args:
        image: [shape=(h, w, 3)].
        width: Width to fill, in pixels.
        height: Height to fill, in pixels.

    Returns:
        [shape=(height, width, 3)].
    """
    scale = max(width / image.shape[1], height / image.shape[0])
    rows = min(image.shape[0], max(1, round(height / scale)))
    columns = min(image.shape[1], max(1, round(width / scale)))
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    return scaled(image[top : top + rows, left : left + columns], width, height)
