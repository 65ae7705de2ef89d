"""Interlaced video: a frame holds two fields, taken one after the other, in alternate lines."""

from collections.abc import Iterable, Iterator
from typing import Literal

import av
from av.filter import Graph


def deinterlace(
    frames: Iterable[av.VideoFrame], method: Literal["bwdif", "estdif"] = "bwdif"
) -> Iterator[av.VideoFrame]:
    """Replace frames that are marked as interlaced by their first field; times stay.

    Else whatever moves, a bow say, would have the teeth of a comb. The missing lines are interpolated by
    FFmpeg. Frames of a video that is not interlaced are passed on as they are.

    Args:
        frames: Decoded frames in presentation order.
        method: bwdif interpolates missing lines in space and time; estdif in space alone, for frames that
            are not consecutive.
    """
    graph, shape = None, None
    for frame in frames:
        current = (frame.width, frame.height, frame.format.name)
        if graph is not None and current != shape:  # a filter cannot follow
            graph.push(None)
            yield from _drain(graph)
            graph = None
        if graph is None and frame.interlaced_frame:
            graph, shape = _build_graph(frame, method), current
        if graph is None:
            yield frame
        else:
            graph.push(frame)
            yield from _drain(graph)
    if graph is not None:
        graph.push(None)
        yield from _drain(graph)


def _build_graph(frame: av.VideoFrame, method: str) -> Graph:
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


def _drain(graph: Graph) -> Iterator[av.VideoFrame]:
    """Take from the filter all the frames that are done."""
    while True:
        try:
            yield graph.vpull()
        except (BlockingIOError, EOFError):  # it wants more frames, or has had them all
            return
