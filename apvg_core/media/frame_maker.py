"""Frames for encoders: images in a codec's pixel format, alone or inset into a larger still picture.

The still is converted once; of each frame only the square that moves is scaled, converted and laid over it,
plane by plane.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

Image = npt.NDArray[np.uint8]
"""An image [shape=(height, width, 3), RGB], or with transparency [shape=(height, width, 4), RGBA]."""

_BT709: Final = 1
_SCALING: Final = "BICUBIC"


@dataclass(frozen=True, eq=False)  # arrays have no one truth
class Inset:
    """A still picture, and the square in it where the moving images go.

    Attributes:
        still: The picture [shape=(height, width, 3 or 4)]; both sides even.
        left: Column at which the square begins, even.
        top: Row at which it begins, even.
        side: Its width and height in pixels, even.
    """

    still: Image
    left: int
    top: int
    side: int

    def __post_init__(self) -> None:
        height, width = self.still.shape[:2]
        assert not any(number % 2 for number in (height, width, self.left, self.top, self.side)), "4:2:0"
        assert 0 <= self.left <= width - self.side
        assert 0 <= self.top <= height - self.side


class FrameMaker:
    """Maker of a codec's frames from images, or of insets from squares.

    A square with transparency hides the still only where it is opaque, unless the codec has transparency
    itself: then the still is replaced.
    """

    def __init__(self, pixels: str, inset: Inset | None = None) -> None:
        """Convert the still, if there is one, to the pixel format, by FFmpeg's name."""
        self._pixels = pixels
        self._inset = inset
        self._still = None if inset is None else _Conversion(pixels)(inset.still)
        # one for each conversion: it prepares itself anew where two take turns
        self._convert = _Conversion(pixels, None if inset is None else inset.side)
        self._masks: dict[int, _Conversion] = {}

    def make(self, image: Image) -> av.VideoFrame:
        """Make a frame of an image; with an inset the image is square."""
        square = self._convert(image)
        if self._inset is None or self._still is None:
            return square
        assert image.shape[0] == image.shape[1]
        frame = _copy(self._still)
        see_through = image.shape[2] == 4 and len(frame.format.components) < 4
        for target, source, step in zip(_planes(frame), _planes(square), _steps(frame), strict=True):
            top, left = self._inset.top // step, self._inset.left // step
            into = target[top : top + len(source), left : left + source.shape[1]]
            if see_through:
                _lay_over(into, source, self._mask(image, source.shape[0]))
            else:
                into[:] = source
        return frame

    def _mask(self, image: Image, side: int) -> Image:
        """The opacity of an image, scaled [shape=(side, side, 1)]."""
        scale = self._masks.setdefault(side, _Conversion("gray", side))
        return np.asarray(_planes(scale(image[:, :, 3]))[0], np.uint8)


class _Conversion:
    """Conversion of images to frames of one pixel format, and of one size where a side is given."""

    def __init__(self, pixels: str, side: int | None = None) -> None:
        self._pixels = pixels
        self._side = side
        self._reformatter = VideoReformatter()  # a frame's own would prepare itself for each frame anew

    def __call__(self, image: Image) -> av.VideoFrame:
        layout = "gray" if image.ndim == 2 else {3: "rgb24", 4: "rgba"}[image.shape[2]]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=layout)
        matrix = _BT709 if self._pixels.startswith("yuv") else None
        scaling = None if self._side is None else _SCALING
        return self._reformatter.reformat(
            frame,
            self._side,
            self._side,
            self._pixels,
            dst_colorspace=matrix,
            interpolation=scaling,
            threads=1,
        )


def _planes(frame: av.VideoFrame) -> list[npt.NDArray[Any]]:
    """The planes of a frame, to read and to write [shape=(height, width, components in it) each]."""
    dtype: np.dtype[Any] = np.dtype(np.uint16 if frame.format.components[0].bits > 8 else np.uint8)
    components = 1 if frame.format.is_planar else len(frame.format.components)
    views = []
    for plane in frame.planes:
        rows = np.frombuffer(cast(Any, plane), dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
        views.append(rows[:, : plane.width * components].reshape(plane.height, plane.width, components))
    return views


def _steps(frame: av.VideoFrame) -> list[int]:
    """By how much each plane is smaller than the frame."""
    return [frame.width // plane.width for plane in frame.planes]


def _copy(frame: av.VideoFrame) -> av.VideoFrame:
    copy = av.VideoFrame(frame.width, frame.height, frame.format.name)
    copy.colorspace, copy.color_range = frame.colorspace, frame.color_range
    for target, source in zip(_planes(copy), _planes(frame), strict=True):
        target[:] = source
    return copy


def _lay_over(ground: npt.NDArray[Any], image: npt.NDArray[Any], opacity: Image) -> None:
    """Lay an image over the ground, in place, by its opacity [shape=(height, width, 1), 0 to 255].

    All in integers: x / 255 is (x + 128 + (x + 128) / 256) / 256, rounded, for x of up to 255 * 255.
    """
    rows, columns = np.flatnonzero(opacity.any((1, 2))), np.flatnonzero(opacity.any((0, 2)))
    if not len(rows):
        return
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    wide: Any = np.uint16 if ground.dtype == np.uint8 else np.uint32
    cover = opacity[box].astype(wide)
    mixed = image[box] * cover
    cover = 255 - cover
    mixed += ground[box] * cover
    mixed += 128
    mixed += mixed >> 8
    ground[box] = mixed >> 8
