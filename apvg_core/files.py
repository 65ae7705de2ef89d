"""Writing files whole or not at all; reading JSON that anybody may have written."""

import hashlib
import io
import json
import math
import os
import re
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

LONGEST_NAME: Final = 255
"""Bytes of a file's name, wherever people keep files."""

_TEMPORARY_BYTES: Final = 200
"""Bytes of it that a temporary name keeps, so that there is room for the rest."""

JSON_BYTES: Final = 64_000_000
"""Longest JSON that is read; a truth file of an hour has about a tenth."""

JSON_DEPTH: Final = 32
"""Deepest JSON that is read; our own is nested half a dozen times."""

BEING_WRITTEN: Final = 60.0
"""Seconds without a change after which nobody writes to a file any more whose process is not to be found."""

SCRATCH_SECONDS: Final = 2 * 24 * 3600.0
"""How old the temporary folder of a process that is not to be found must be to be removed."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to; what is there in the end takes `path`'s place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale_parts(path.parent, name=path.name)
    temporary = temporary_name(path)
    try:
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.filename is None and error.errno is not None:  # a full disk does not say whose it is
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):  # a read-only disk, which has said so already
            temporary.unlink(missing_ok=True)


def temporary_name(path: Path) -> Path:
    """Where this process writes what is to be `path`: a hidden file beside it, its name never too long."""
    return path.with_name(f".{shortened(path.name, _TEMPORARY_BYTES)}.{os.getpid()}.part")


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


def remove_stale_parts(folder: Path, *, name: str | None = None) -> None:
    """Remove what killed processes have left half written in a folder, as `.NAME.PID.part`.

    A process of another machine may write there too, and its number says nothing here: what has just been
    changed stays, unless it was to become the file of that `name`, which is about to be made anew.
    """
    with suppress(OSError):  # no folder, or not ours to tidy
        for part in list(folder.glob("*.part")):
            own = name is not None and _becomes(part, name)
            with suppress(OSError):
                if _is_dead(part) and (own or time.time() - part.stat().st_mtime > BEING_WRITTEN):
                    shutil.rmtree(part) if part.is_dir() else part.unlink()


def live_parts(path: Path) -> list[int]:
    """The numbers of other processes that are writing the file of that name just now."""
    found = (part for part in path.parent.glob("*.part") if _becomes(part, path.name))
    return [pid for part in found if (pid := _writer(part)) not in (None, os.getpid()) and not _is_dead(part)]


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A temporary folder; those of processes that were killed days ago are removed."""
    for left in Path(tempfile.gettempdir()).glob("apvg-*"):
        pid = re.match(r"apvg-(\d{1,9})-", left.name)
        with suppress(OSError):
            # nobody writes to the folder itself while a song that was decoded into it is played
            if pid and _is_gone(int(pid[1])) and time.time() - left.stat().st_mtime > SCRATCH_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"apvg-{os.getpid()}-", ignore_cleanup_errors=True)


def _becomes(part: Path, name: str) -> bool:
    """Whether a half-written file is to become the one of that name; see `temporary_name`."""
    return part.name.lstrip(".").startswith(f"{shortened(name, _TEMPORARY_BYTES).lstrip('.')}.")


def _writer(part: Path) -> int | None:
    """The number of the process that a half-written file's name tells."""
    numbers = re.findall(r"\.(\d{1,9})(?=\.)", part.name)
    return int(numbers[-1]) if numbers else None


def _is_dead(part: Path) -> bool:
    """Whether the process is gone that was writing this."""
    pid = _writer(part)
    return pid is not None and _is_gone(pid)


def _is_gone(pid: int) -> bool:
    """Whether there is no such process on this machine; False where that cannot be asked."""
    if pid == 0 or sys.platform == "win32":  # there, to ask a process is to end it
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # another user's
        return False
    return False


class DeferredErrorFile(io.FileIO):
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
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path, *, limit: int = JSON_BYTES) -> Any:
    """Read a JSON file that anybody may have written.

    Args:
        path: The file.
        limit: Bytes that it may have.

    Raises:
        OSError: It cannot be read.
        ValueError: It is too long, or see `parse_json`.
    """
    with path.open("rb") as handle:
        data = handle.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it has more than {limit} bytes")
    return parse_json(data.decode("utf-8-sig"))


def parse_json(text: str) -> Any:
    """What a JSON document says.

    Raises:
        ValueError: It is no JSON, is nested too deeply, has half characters, or numbers that are too large.
    """
    try:
        document = json.loads(text, parse_float=_finite, parse_int=_integer, parse_constant=_finite)
        _check_depth(document, JSON_DEPTH)
        if "\\ud" in text.lower():  # half a character, which could not be printed
            json.dumps(document, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return document


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:20]} is no number")
    return value


def _integer(text: str) -> int:
    if len(text) > 20:  # 64 bits; more would not become a float, or a seed
        raise ValueError(f"{text[:20]}… is too large a number")
    return int(text)


def _check_depth(document: Any, left: int) -> None:
    if left == 0:
        raise ValueError("it is nested too deeply")
    inner = document.values() if isinstance(document, dict) else document
    for each in inner if isinstance(document, dict | list) else ():
        if isinstance(each, dict | list):
            _check_depth(each, left - 1)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as hex digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
