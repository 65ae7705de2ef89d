"""Encoding of frames without sound: a gif, or a folder of PNGs, each with a comment."""

import re
import struct
import zlib
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from apvg_core.media.container import file_url
from apvg_core.media.frame_maker import FrameMaker, Image, Inset


class GifEncoder:
    """Encoder of a gif; each frame has a palette of its own, of 256 colours."""

    def __init__(
        self, path: Path, *, rate: Fraction, size: tuple[int, int], comment: str, inset: Inset | None = None
    ) -> None:
        """Start the file; `rate` is in frames a second, `size` is (width, height)."""
        self._path, self._rate, self._comment = path, rate, comment
        self._maker = FrameMaker("rgb24", inset)
        self._file = av.open(file_url(path), "w", format="gif")
        stream = self._file.add_stream("gif", rate=rate)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "pal8"
        self._stream = stream
        self._graph = graph = av.filter.Graph()  # which must outlive its parts
        source = graph.add_buffer(
            width=size[0], height=size[1], format=av.VideoFormat("rgb24"), time_base=1 / rate
        )
        split = graph.add("split")
        palette = graph.add("palettegen", "stats_mode=single")
        painted = graph.add("paletteuse", "new=1")
        sink = graph.add("buffersink")
        source.link_to(split)
        split.link_to(painted, 0, 0)
        split.link_to(palette, 1, 0)
        palette.link_to(painted, 0, 1)
        painted.link_to(sink)
        graph.configure()
        self._frames = 0

    def write(self, frame: Image) -> None:
        """Append a frame [shape=(height, width, 3)]."""
        image = self._maker.make(frame)
        image.pts, image.time_base = self._frames, 1 / self._rate
        self._frames += 1
        self._graph.push(image)
        self._encode_filtered()

    def finish(self, *, whole: bool) -> None:  # noqa: ARG002 (there is no sound to be wanting)
        """End the file."""
        self._graph.push(None)
        self._encode_filtered()
        self._file.mux(self._stream.encode(None))
        self._file.close()
        _append_comment(self._path, self._comment)

    def abandon(self) -> None:
        """Close the file, whatever state it is in."""
        with suppress(av.FFmpegError):
            self._file.close()

    def _encode_filtered(self) -> None:
        with suppress(av.BlockingIOError, av.EOFError):  # nothing more is ready
            while True:
                image = self._graph.pull()
                assert isinstance(image, av.VideoFrame)
                self._file.mux(self._stream.encode(image))


def _append_comment(path: Path, comment: str) -> None:
    """Insert a comment before a gif's trailer, its last byte."""
    text = comment.encode("ascii", "replace")[:255]
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x21\xfe" + bytes([len(text)]) + text + b"\x00\x3b")


def holds_only_images(folder: Path) -> bool:
    """Returns True if a folder holds nothing but files that `PngEncoder` (or a file manager) makes."""
    return all(re.fullmatch(r"\d{6,}\.png|\.DS_Store|\._.*", path.name) for path in folder.iterdir())


class PngEncoder:
    """Encoder of a folder of images 000000.png, 000001.png, ..."""

    def __init__(
        self,
        path: Path,
        *,
        size: tuple[int, int],
        comment: str,
        see_through: bool = False,
        inset: Inset | None = None,
    ) -> None:
        """Make the folder; `size` is (width, height)."""
        path.mkdir()
        self._path, self._comment = path, comment
        pixels = "rgba" if see_through else "rgb24"
        self._maker = FrameMaker(pixels, inset)
        self._codec = av.VideoCodecContext.create("png", "w")
        self._codec.width, self._codec.height, self._codec.pix_fmt = *size, pixels
        self._codec.time_base = Fraction(1, 25)  # which no image knows
        self._codec.options = {"compression_level": "1", "pred": "up"}  # a third larger, four times as fast
        self._frames = 0

    def write(self, frame: Image) -> None:
        """Write a frame [shape=(height, width, 3 or 4)] as an image."""
        image = self._maker.make(frame)
        image.pts = self._frames
        (packet,) = self._codec.encode(image)
        data = _insert_comment(bytes(packet), self._comment)
        (self._path / f"{self._frames:06d}.png").write_bytes(data)
        self._frames += 1

    def finish(self, *, whole: bool) -> None:
        """Do nothing: each image is whole."""

    def abandon(self) -> None:
        """Do nothing: no file is open."""


def _insert_comment(data: bytes, comment: str) -> bytes:
    """Insert a comment into a PNG, as a chunk behind the header."""
    end_of_header = 8 + 25
    chunk = b"tEXtComment\x00" + comment.encode("latin-1", "replace")
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:end_of_header] + packed + data[end_of_header:]
