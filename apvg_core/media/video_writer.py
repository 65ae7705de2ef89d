"""Writes a film frame by frame: whole or not at all."""

import errno
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import numpy as np
import numpy.typing as npt

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
from apvg_core.media.container_encoder import MP4, WEBM, ContainerEncoder
from apvg_core.media.image_encoders import GifEncoder, PngEncoder, holds_only_images

_NTSC_ROUNDING = 0.001
_CONTAINERS: Final = {".mp4": MP4, ".webm": WEBM}

log = logging.getLogger(__name__)


class Encoder(Protocol):
    """What is being written."""

    def write(self, frame: npt.NDArray[np.uint8]) -> None:
        """Append a frame [shape=(height, width, 3), RGB]."""

    def finish(self, *, whole: bool) -> None:
        """End it; what is not `whole` ends where its frames do."""

    def abandon(self) -> None:
        """Let go of it, whatever state it is in."""


class VideoWriter:
    """A film that exists under its name only once it is complete.

    Its suffix says what it is: .mp4 or .webm with the song as its sound, .gif, or else a folder of PNGs.
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
    ) -> None:
        """Prepare; nothing is written before the `with`.

        Args:
            path: Where the film is to be.
            fps: Frames a second; 29.97 and its like become their exact fractions.
            width: Of the frames, even.
            height: Of the frames, even.
            song: The sound, read along with the frames.
            metadata: Tags of the file; of a gif and of PNGs only "comment".
            keep_partial: When it comes to nothing, keep what there is under `partial_name`.
        """
        self._path = path
        self._rate = exact_rate(fps)
        self._size = (width, height)
        self._song = song
        self._metadata = metadata
        self._keep_partial = keep_partial
        self._temporary = temporary_name(path)
        self._frames = 0

    def __enter__(self) -> Self:
        """Start the file.

        Raises:
            ConfigError: It is a folder, there is none that can be written to, or another process writes the
                film.
        """
        remove_stale_parts(self._path.parent, name=self._path.name)
        self._was_there = path_exists(self._path)
        try:
            with self._writing():
                if self._path.suffix.lower() in (".gif", *_CONTAINERS) and self._path.is_dir():
                    raise ConfigError(f"{self._path} is a folder; name a file in it.")
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._film = self._start()
            if others := other_writers(self._path):  # of two that begin together, both see the other
                self._film.abandon()
                raise ConfigError(
                    f"{self._path} is being written already, by process {others[0]}; wait for it, or choose "
                    "another name."
                )
        except BaseException:
            _remove(self._temporary)
            raise
        return self

    def _start(self) -> Encoder:
        comment = self._metadata.get("comment", "")
        suffix = self._path.suffix.lower()
        if suffix == ".gif":
            self._temporary.touch()
            return GifEncoder(self._temporary, rate=self._rate, size=self._size, comment=comment)
        if suffix in _CONTAINERS:
            self._temporary.touch()
            return ContainerEncoder(
                self._temporary, _CONTAINERS[suffix], rate=self._rate, size=self._size, song=self._song,
                metadata=self._metadata,
            )  # fmt: skip
        return PngEncoder(self._temporary, size=self._size, comment=comment)

    def write(self, frame: npt.NDArray[np.uint8]) -> None:
        """Append one frame [shape=(height, width, 3), RGB], and the sound that goes with it.

        Raises:
            ConfigError: The disk is full or gone.
            MediaError: The song is damaged.
        """
        assert frame.shape == (*self._size[::-1], 3)
        with self._writing():
            self._film.write(frame)
        self._frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the film and give it its name; after an exception, remove it or keep what there is.

        Raises:
            ConfigError: The disk is full or gone.
            MediaError: The song is damaged.
        """
        try:
            if error is None:
                with self._writing():
                    self._film.finish(whole=True)
                    if path_exists(self._path) and not self._was_there:
                        raise ConfigError(
                            f"{self._path} has been made by another command meanwhile, and stays; choose "
                            "another name."
                        )
                    _rename(self._temporary, self._path)
            elif self._keep_partial and self._frames:
                with suppress(ConfigError, MediaError), self._writing():
                    self._film.finish(whole=False)
                    _rename(self._temporary, partial_name(self._path))
                    log.info("What there is of it is kept as %s", partial_name(self._path))
        finally:
            self._film.abandon()
            _remove(self._temporary)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"{self._path} cannot be written ({error.strerror}); make room or choose another folder."
            ) from error


def partial_name(path: Path) -> Path:
    """What a film is called that has not become whole: song.partial.mp4."""
    ending = f".partial{path.suffix}"
    return path.with_name(shortened(path.stem, LONGEST_NAME - len(ending)) + ending)


def _rename(temporary: Path, path: Path) -> None:
    """Give a film its name; it takes the place of another, but of no folder that holds more than images."""
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
    """The fraction meant by a rounded frame rate: 29.97 is 30000/1001."""
    ntsc = Fraction(round(fps) * 1000, 1001)
    return ntsc if abs(fps - ntsc) < _NTSC_ROUNDING else Fraction(fps).limit_denominator(1001)
