"""Converted networks in the user's cache folder, each under a name made of all that it depends on.

A file is a network behind its own checksum; what is damaged, or what others could have put there, counts as
missing. Several processes may use the cache at once, and nothing is lost where it cannot be written to.
"""

import hashlib
import json
import logging
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from apvg_core.files import atomic_write, cache_folder, remove_stale_parts

LARGEST: Final = 1_000_000_000
"""Bytes that are kept; of more, what was not used for longest goes."""

_DIGEST: Final = hashlib.sha256().digest_size

log = logging.getLogger(__name__)


def cache_path(name: str, facts: Sequence[Any]) -> Path:
    """Return the path in the cache of what depends on these facts (JSON)."""
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return cache_folder() / "openvino" / f"{name}-{digest[:32]}.blob"


def read(path: Path) -> bytes | None:
    """Read a file of the cache, which counts as used now; returns None if it is missing or damaged."""
    try:
        if not _is_ours(path.parent) or not _is_ours(path):
            raise PermissionError("others can write there")
        data = path.read_bytes()
    except OSError as error:
        log.debug("%s is not in the cache: %s", path, error)
        return None
    blob = data[_DIGEST:]
    if hashlib.sha256(blob).digest() != data[:_DIGEST]:
        log.debug("%s is damaged", path)
        return None
    with suppress(OSError):
        os.utime(path)
    return blob


def write(path: Path, blob: bytes) -> None:
    """Write a file of the cache, if that can be done."""
    try:
        _make(path.parent)
        with atomic_write(path) as temporary:
            temporary.write_bytes(hashlib.sha256(blob).digest() + blob)
        _tidy(path.parent)
    except OSError as error:
        log.debug("%s cannot be kept: %s", path, error)


def _make(folder: Path) -> None:
    """See that there is a folder that nobody else can write to.

    Raises:
        OSError: There cannot be one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o755, exist_ok=True)
    if not _is_ours(folder):
        raise PermissionError("others can write there")


def _is_ours(path: Path) -> bool:
    """Return True if the file is this user's alone: a network from elsewhere is code that would be run.

    Raises:
        OSError: It is not there, or cannot be looked at.
    """
    found = path.stat()
    ours = True
    if sys.platform != "win32":  # where a user's cache is closed to others
        ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_IWOTH
    return ours


def _tidy(folder: Path) -> None:
    """Remove what was not used for longest, but nothing where all is small enough."""
    remove_stale_parts(folder)
    found = [(path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*.blob")]
    total = 0
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total > LARGEST:
            path.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder of the cache, where that can be done, so that others wait for what this process makes."""
    with ExitStack() as stack:
        with suppress(OSError, NotImplementedError):
            _make(folder)
            stack.enter_context(FileLock(folder / "lock"))
        yield
