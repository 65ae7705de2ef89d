"""Interlaced film: an image of it is two half images, taken one after the other, line by line in turn."""

from collections.abc import Iterable, Iterator
from typing import Literal

import av
from av.filter import Graph


def deinterlace(
    frames: Iterable[av.VideoFrame], method: Literal["bwdif", "estdif"] = "bwdif"
) -> Iterator[av.VideoFrame]:
    """The same frames at the same times; of those that say they are interlaced, the first taken half alone.

    Else whatever moves, a bow say, would have the teeth of a comb. The missing lines are FFmpeg's guess.
    Frames of film that is not interlaced are passed on as they are.

    Args:
        frames: Decoded, in the order in which they are shown.
        method: bwdif makes missing lines of their neighbours in space and time; estdif of those in space
            alone, for frames that are not consecutive.
    """
    graph, shape = None, None
    for frame in frames:
        found = (frame.width, frame.height, frame.format.name)
        if graph is not None and found != shape:  # a filter cannot follow
            graph.push(None)
            yield from _ready(graph)
            graph = None
        if graph is None and frame.interlaced_frame:
            graph, shape = _graph(frame, method), found
        if graph is None:
            yield frame
        else:
            graph.push(frame)
            yield from _ready(graph)
    if graph is not None:
        graph.push(None)
        yield from _ready(graph)


def _graph(frame: av.VideoFrame, method: str) -> Graph:
    assert frame.time_base is not None
    graph = Graph()
    nodes = (
        graph.add(
            "buffer",
            video_size=f"{frame.width}x{frame.height}",
            pix_fmt=frame.format.name,
            time_base=str(frame.time_base),
            colorspace=str(frame.colorspace),
            range=str(frame.color_range),
        ),
        graph.add(method, mode="0", deint="1"),  # a frame for a frame; those flagged as interlaced
        graph.add("buffersink"),
    )
    graph.link_nodes(*nodes).configure()
    return graph


def _ready(graph: Graph) -> Iterator[av.VideoFrame]:
    """What the filter has done."""
    while True:
        try:
            yield graph.vpull()
        except (BlockingIOError, EOFError):  # it wants more frames, or has had them all
            return
