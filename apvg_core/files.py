"""Writing files whole or not at all."""

import hashlib
import io
import json
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

LONGEST_NAME: Final = 255
"""Bytes of a file's name, wherever people keep files."""


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to; what is there in the end takes `path`'s place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        with suppress(OSError):  # a read-only disk, which has said so already
            temporary.unlink(missing_ok=True)


def temporary_name(path: Path) -> Path:
    """Where this process writes what is to be `path`: a hidden file beside it, its name never too long."""
    return path.with_name(f".{shortened(path.name, 200)}.{os.getpid()}.part")


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """The name, or as much of its beginning as fits into `most` bytes with a checksum of the whole."""
    data = os.fsencode(name)
    if len(data) <= most:
        return name
    checksum = f"~{zlib.crc32(data):08x}"
    return data[: most - len(checksum)].decode(sys.getfilesystemencoding(), "ignore") + checksum


def printable(name: str) -> str:
    """A file's name in characters that every format takes; bytes that are none are marked."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def as_bytes(path: Path) -> str | bytes:
    """The name of a file for libraries that only take text that is text; a name need not be any."""
    return str(path) if sys.platform == "win32" else os.fsencode(path)


def is_there(path: Path) -> bool:
    """Whether there is something of that name; a name that there cannot be, or may not be seen, is not."""
    try:
        return path.exists()
    except OSError:
        return False


class PatientFile(io.FileIO):
    """A new file for HDF5 to write to; keeps a full disk to itself until it is asked.

    HDF5 takes an error while it writes badly: it fails again wherever it tidies up, says so on standard error
    and may crash, so that the half-written file stays on the full disk.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+b")
        self._path = path
        self._failed: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of `data`, unless an earlier write has failed."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while self._failed is None and left:
                left = left[super().write(left) :]
        except OSError as error:
            self._failed = OSError(error.errno, error.strerror, str(self._path))
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Set the file's length, unless an earlier write has failed."""
        try:
            return super().truncate(size) if self._failed is None else size or 0
        except OSError as error:
            self._failed = OSError(error.errno, error.strerror, str(self._path))
            return size or 0

    def check(self) -> None:
        """Raise the OSError that writing came to, if it came to one."""
        if self._failed is not None:
            raise self._failed


def cache_folder() -> Path:
    """Where a user's files of ours lie that can be made again; it may be missing, or not writable."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"], "apvg")
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"], "apvg")
    try:
        return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "apvg"
    except RuntimeError:  # nobody in particular has no home
        return Path(os.devnull, "apvg")


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as hex digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
