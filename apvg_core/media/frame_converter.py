"""Conversion of decoded frames to images as a player displays them: colours, pixel shape, orientation."""

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
"""Matrix coefficients (ITU-T H.273) that FFmpeg can convert to RGB; it fails at the others."""

_HDR: Final = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)
_WIDE_GAMUT: Final = (ColorPrimaries.BT2020, ColorPrimaries.SMPTE431, ColorPrimaries.SMPTE432)

_ROTATIONS: Final = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))
"""The display matrices (see `_display_matrix`) of quarter turns anticlockwise."""


class FrameConverter:
    """Converter of a video's decoded frames to RGB images, all as large as its first.

    Attributes:
        width: Of the upright image, in pixels.
        height: Of the upright image, in pixels.
        hdr: The video has a high dynamic range (HLG or PQ), which the images have no longer.
    """

    def __init__(self, path: Path, stream: VideoStream, first: av.VideoFrame) -> None:
        """Start with the first frame decoded from `stream`; `path` is the video, for messages."""
        self._path = path
        self._sizes: set[tuple[int, int]] = set()
        self._size = (max(1, round(first.width * _pixel_ratio(stream))), first.height)
        self._matrix = _display_matrix(first)
        self._reformatter = VideoReformatter()  # kept, as its tables of colours take a second to make
        self.hdr = first.color_trc in _HDR
        self.width, self.height = self._size[::-1] if _is_transposed(self._matrix) else self._size

    def convert(self, frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
        """Convert a frame to the image that a player displays.

        HLG and PQ (ITU-R BT.2100) are mapped as for a display whose white is their 203 cd/m² (ITU-R BT.2408);
        what is brighter is clipped to white. Colours of BT.2020 and P3 that BT.709 lacks become its nearest.

        Returns:
            The image [shape=(height, width, 3), uint8, RGB of BT.709].
        """
        self._warn_of_new_size(frame)
        rgb = self._reformatter.reformat(frame, *self._size, "rgb24", **_colour_options(frame))
        return np.ascontiguousarray(
            _turn_upright(rgb.to_ndarray().astype(np.uint8, copy=False), self._matrix)
        )

    def _warn_of_new_size(self, frame: av.VideoFrame) -> None:
        """Warn of the first frame whose size differs from that of the first one."""
        size = frame.width, frame.height
        if size not in self._sizes and len(self._sizes) == 1:
            log.warning(
                "%s changes the size of its frames (to %d x %d pixels); all are scaled to the first's.",
                self._path, *size,
            )  # fmt: skip
        self._sizes.add(size)


def _colour_options(frame: av.VideoFrame) -> dict[str, int]:
    """Returns FFmpeg's options for a frame's colours; tags of the frame that it fails at are replaced."""
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
    """Returns the aspect ratio of a pixel (width / height) by the container, else by the codec."""
    ratio = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    return ratio if ratio and 1 / WIDEST_PIXEL <= ratio <= WIDEST_PIXEL else Fraction(1)


def _display_matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Returns (a, b, c, d): (x, y) is displayed at (a x + c y, b x + d y), up to scale and origin."""
    try:
        data = cast("SideDataContainer", frame.side_data).get(Type.DISPLAYMATRIX)
    except ValueError:  # PyAV knows no name for something beside it, EXIF for one
        return _ROTATIONS[round(frame.rotation / 90) % 4]
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d, *_ = np.frombuffer(data, np.int32).tolist()
    return a, b, c, d


def _is_transposed(matrix: tuple[int, int, int, int]) -> bool:
    """Returns True if a display matrix turns rows into columns."""
    a, b, c, d = matrix
    return abs(b) + abs(c) > abs(a) + abs(d)


def _turn_upright(image: npt.NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
    """Turn an image [shape=(h, w, 3)] by the nearest quarter, and mirror it, as a display matrix says."""
    a, b, c, d = matrix
    across, down = a, d
    if _is_transposed(matrix):
        image = image.swapaxes(0, 1)
        across, down = c, b
    return image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
