"""How the images of a film are meant to be seen: in which colours, how wide, and which way up."""

import logging
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.reformatter import ColorPrimaries, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

log = logging.getLogger(__name__)

WIDEST_PIXEL: Final = 4
"""Pixels wider or narrower than that are taken for a mistake; discs have pixels of up to 32:11."""

_RGB, _UNKNOWN, _BT2020 = 0, 2, 9
_MATRICES: Final = (_RGB, 1, 4, 5, 6, 7, _BT2020)
"""Of ITU-T H.273, how colours are stored: those that FFmpeg can undo. It fails at the others."""

_HDR: Final = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
_WIDE_GAMUT: Final = (ColorPrimaries.BT2020, ColorPrimaries.SMPTE431, ColorPrimaries.SMPTE432)

_ROTATIONS: Final = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))
"""The display matrices (see `_display_matrix`) of quarter turns anticlockwise."""


class FrameConverter:
    """Shows the decoded frames of a film as a player does, all as large as its first.

    Attributes:
        width: Of the upright image, in pixels.
        height: Of the upright image, in pixels.
        hdr: The film has a high dynamic range (HLG or PQ), which its images have no longer.
    """

    def __init__(self, path: Path, stream: VideoStream, first: av.VideoFrame) -> None:
        """Begin with a film's first frame, just decoded from its `stream`."""
        self._path = path
        self._sizes: set[tuple[int, int]] = set()
        self._shown = (max(1, round(first.width * _pixel_ratio(stream))), first.height)
        self._matrix = _display_matrix(first)
        self._reformatter = VideoReformatter()  # kept, as its tables of colours take a second to make
        self.hdr = first.color_trc in _HDR
        self.width, self.height = self._shown[::-1] if _lies(self._matrix) else self._shown

    def image(self, frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
        """The image as it is meant to be seen [shape=(height, width, 3), RGB of BT.709].

        HLG and PQ (ITU-R BT.2100) are shown as on a display whose white is their 203 cd/m² (ITU-R BT.2408);
        what is brighter is white, too. BT.2020's and P3's colours that BT.709 lacks become its nearest.
        """
        self._note_size(frame)
        shown = self._reformatter.reformat(frame, *self._shown, "rgb24", **_told_colours(frame))
        return np.ascontiguousarray(_upright(shown.to_ndarray().astype(np.uint8, copy=False), self._matrix))

    def _note_size(self, frame: av.VideoFrame) -> None:
        """Tell of the first change among the images seen here; who reads on behind it has been told."""
        size = frame.width, frame.height
        if size not in self._sizes and len(self._sizes) == 1:
            log.warning(
                "%s changes the size of its pictures (to %d x %d pixels); all are scaled to the first's.",
                self._path, *size,
            )  # fmt: skip
        self._sizes.add(size)


def _told_colours(frame: av.VideoFrame) -> dict[str, int]:
    """What FFmpeg is told to do to a frame's colours, on which it gets no tags that it fails at."""
    hdr = frame.color_trc in _HDR
    if frame.colorspace not in _MATRICES:
        frame.colorspace = _BT2020 if hdr else _UNKNOWN
    if not hdr and frame.color_primaries not in _WIDE_GAMUT:
        return {}
    if not hdr:
        frame.color_trc = ColorTrc.BT709
    elif frame.color_primaries not in (ColorPrimaries.BT709, *_WIDE_GAMUT):
        frame.color_primaries = ColorPrimaries.BT2020
    return {"dst_color_trc": ColorTrc.BT709, "dst_color_primaries": ColorPrimaries.BT709}


def _pixel_ratio(stream: VideoStream) -> Fraction:
    """How many times as wide as high a pixel is: what the container says, else the codec."""
    ratio = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    return ratio if ratio and 1 / WIDEST_PIXEL <= ratio <= WIDEST_PIXEL else Fraction(1)


def _display_matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """(a, b, c, d): a pixel at (x, y) is shown at (a x + c y, b x + d y), up to scale and origin."""
    try:
        data = cast("SideDataContainer", frame.side_data).get(Type.DISPLAYMATRIX)
    except ValueError:  # PyAV knows no name for something beside it, EXIF for one
        return _ROTATIONS[round(frame.rotation / 90) % 4]
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d, *_ = np.frombuffer(data, np.int32).tolist()
    return a, b, c, d


def _lies(matrix: tuple[int, int, int, int]) -> bool:
    """Whether rows are to be seen as columns."""
    a, b, c, d = matrix
    return abs(b) + abs(c) > abs(a) + abs(d)


def _upright(image: npt.NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
    """The image turned by the nearest quarter and mirrored as a display matrix tells."""
    a, b, c, d = matrix
    across, down = a, d
    if _lies(matrix):
        image = image.swapaxes(0, 1)
        across, down = c, b
    return image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
