"""Writing of videos frame by frame: a file appears under its name whole or not at all."""

import errno
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from apvg_core.errors import ConfigError, MediaError
from apvg_core.files import (
    LONGEST_NAME,
    other_writers,
    path_exists,
    remove_stale_parts,
    shortened,
    temporary_name,
)
from apvg_core.media.audio import Song
from apvg_core.media.container_encoder import ContainerEncoder
from apvg_core.media.container_formats import BY_SUFFIX, Quality
from apvg_core.media.frame_maker import Image, Inset
from apvg_core.media.image_encoders import GifEncoder, PngEncoder, holds_only_images

_NTSC_ROUNDING = 0.001
"""Frames a second by which an NTSC rate may be rounded."""

log = logging.getLogger(__name__)


class Encoder(Protocol):
    """An encoder of one format, writing to one path."""

    def write(self, frame: Image) -> None:
        """Append a frame [shape=(height, width, 3 or 4), uint8, RGB or RGBA]."""

    def finish(self, *, whole: bool) -> None:
        """End the file; if it is not `whole`, its sound ends where its frames do."""

    def abandon(self) -> None:
        """Close the file, whatever state it is in."""


class VideoWriter:
    """Writer of a video that exists under its name only once it is complete.

    The suffix chooses the format: .mp4, .webm or .mov with the song as sound, .gif, or else a folder of PNGs.
    Use as a context manager; leaving it by an exception leaves nothing behind, or only `partial_name`.
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: float,
        width: int,
        height: int,
        song: Song | None,
        metadata: Mapping[str, str],
        keep_partial: bool = False,
        quality: Quality = "good",
        see_through: bool = False,
        inset: Inset | None = None,
    ) -> None:
        """Prepare the writer; nothing is written before the `with`.

        Args:
            path: The file or folder to make.
            fps: Frames a second; see `exact_rate`.
            width: Width of the frames in pixels, even.
            height: Height of the frames in pixels, even.
            song: The sound, read along with the frames; None for a silent video.
            metadata: Tags of the file; of a gif and of PNGs only "comment".
            keep_partial: After an exception, keep what is written under `partial_name`.
            quality: How finely an mp4 or webm is encoded.
            see_through: The video has transparency: a .webm, a .mov, or PNGs.
            inset: The picture of that size which the frames are set into.
        """
        self._path = path
        self._rate = exact_rate(fps)
        self._size = (width, height)
        self._song = song
        self._metadata = metadata
        self._keep_partial = keep_partial
        self._quality = quality
        self._see_through = see_through
        self._inset = inset
        self._temporary = temporary_name(path)
        self._frames = 0

    def __enter__(self) -> Self:
        """Start the file.

        Raises:
            ConfigError: The path is a folder, or cannot be written, or another process is writing it.
        """
        remove_stale_parts(self._path.parent, name=self._path.name)
        self._existed = path_exists(self._path)
        try:
            with self._explain_errors():
                if self._path.suffix.lower() in (".gif", *BY_SUFFIX) and self._path.is_dir():
                    raise ConfigError(f"{self._path} is a folder; name a file in it.")
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._encoder = self._open_encoder()
            if others := other_writers(self._path):  # of two that begin together, both see the other
                self._encoder.abandon()
                raise ConfigError(
                    f"{self._path} is being written already, by process {others[0]}; wait for it, or choose "
                    "another name."
                )
        except BaseException:
            _remove(self._temporary)
            raise
        return self

    def _open_encoder(self) -> Encoder:
        comment = self._metadata.get("comment", "")
        suffix = self._path.suffix.lower()
        if suffix == ".gif":
            self._temporary.touch()
            return GifEncoder(
                self._temporary, rate=self._rate, size=self._size, comment=comment, inset=self._inset
            )
        if suffix in BY_SUFFIX:
            self._temporary.touch()
            return ContainerEncoder(
                self._temporary, BY_SUFFIX[suffix], rate=self._rate, size=self._size,
                song=self._song, metadata=self._metadata, quality=self._quality,
                see_through=self._see_through, inset=self._inset,
            )  # fmt: skip
        return PngEncoder(
            self._temporary, size=self._size, comment=comment, see_through=self._see_through,
            inset=self._inset,
        )  # fmt: skip

    def write(self, frame: Image) -> None:
        """Append one frame, and the sound that goes with it.

        Args:
            frame: [shape=(height, width, 3 or 4), uint8, RGB or RGBA]; with an inset, its square at any size.

        Raises:
            ConfigError: The disk is full or gone.
            MediaError: The song is damaged.
        """
        assert self._inset is not None or frame.shape[:2] == self._size[::-1]
        with self._explain_errors():
            self._encoder.write(frame)
        self._frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the video and give it its name; after an exception, remove it or keep what is written.

        Raises:
            ConfigError: The disk is full or gone.
            MediaError: The song is damaged.
        """
        try:
            if error is None:
                with self._explain_errors():
                    self._encoder.finish(whole=True)
                    if path_exists(self._path) and not self._existed:
                        raise ConfigError(
                            f"{self._path} was made by another command in the meantime, and is kept; "
                            "choose another name."
                        )
                    _rename(self._temporary, self._path)
            elif self._keep_partial and self._frames:
                with suppress(ConfigError, MediaError), self._explain_errors():
                    self._encoder.finish(whole=False)
                    _rename(self._temporary, partial_name(self._path))
                    log.info("The unfinished video is kept as %s", partial_name(self._path))
        finally:
            self._encoder.abandon()
            _remove(self._temporary)

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        """Turn what the system refuses into a ConfigError."""
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"{self._path} cannot be written ({error.strerror}); make room or choose another folder."
            ) from error


def partial_name(path: Path) -> Path:
    """Returns the name of a video that was interrupted: song.partial.mp4."""
    ending = f".partial{path.suffix}"
    return path.with_name(shortened(path.stem, LONGEST_NAME - len(ending)) + ending)


def _rename(temporary: Path, path: Path) -> None:
    """Give a video its name; it replaces another one, but no folder that holds more than images."""
    if temporary.is_dir() and path.is_dir():
        if not holds_only_images(path):
            raise OSError(errno.ENOTEMPTY, "it holds other files")
        shutil.rmtree(path)
    temporary.replace(path)


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def exact_rate(fps: float) -> Fraction:
    """Returns the fraction that a rounded frame rate means: 29.97 is 30000/1001, and 1 is 1."""
    ntsc = Fraction(round(fps) * 1000, 1001)
    return (
        ntsc
        if abs(fps - ntsc) < min(_NTSC_ROUNDING, abs(fps - round(fps)))
        else Fraction(fps).limit_denominator(1001)
    )
