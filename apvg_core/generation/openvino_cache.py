"""Converted networks in the user's cache folder, each under a name made of all that it depends on.

Several processes may use it at once, and nothing is lost where it cannot be written to.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from apvg_core.files import cache_folder, written_whole

LARGEST: Final = 1_000_000_000
"""Bytes that are kept; of more, what was not used for longest goes."""

log = logging.getLogger(__name__)


def kept_as(name: str, facts: Sequence[Any]) -> Path:
    """Where that lies which depends on these facts (JSON), once it is there."""
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return cache_folder() / "openvino" / f"{name}-{digest[:32]}.blob"


def read(path: Path) -> bytes | None:
    """What is kept, or None; it counts as used now."""
    try:
        blob = path.read_bytes()
    except OSError as error:
        log.debug("%s is not in the cache: %s", path, error)
        return None
    with suppress(OSError):
        os.utime(path)
    return blob


def keep(path: Path, blob: bytes) -> None:
    """Put it there, if that can be done."""
    try:
        with written_whole(path) as temporary:
            temporary.write_bytes(blob)
        _tidy(path.parent)
    except OSError as error:
        log.debug("%s cannot be kept: %s", path, error)


def _tidy(folder: Path) -> None:
    """Remove what was not used for longest, but nothing where all is small enough."""
    found = [(path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*.blob")]
    total = 0
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total > LARGEST:
            path.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time, so that others wait for what this one makes; where that can be arranged."""
    with ExitStack() as stack:
        with suppress(OSError, NotImplementedError):
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / "lock"))
        yield
