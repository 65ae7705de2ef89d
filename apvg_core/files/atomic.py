"""Atomic writing: a file appears under its name whole or not at all.

Until then it is a *part*: a hidden file beside it, called `.NAME.PID.part`.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from apvg_core.files.names import shortened
from apvg_core.files.processes import has_ended

_NAME_BYTES: Final = 200
"""Bytes of a file's name that its part's name keeps, so that there is room for the rest."""

STALE_SECONDS: Final = 60.0
"""Time without a change after which a part is stale if its process is not to be found."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; what is there in the end takes `path`'s place.

    Raises:
        OSError: It cannot be written; it names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale_parts(path.parent, name=path.name)
    temporary = temporary_name(path)
    try:
        yield temporary
        with temporary.open("r+b") as handle:  # Windows flushes only what may be written to
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
    """Returns the part that this process writes for `path`; its name is never too long."""
    return path.with_name(f".{shortened(path.name, _NAME_BYTES)}.{os.getpid()}.part")


def remove_stale_parts(folder: Path, *, name: str | None = None) -> None:
    """Remove the parts that killed processes have left in a folder.

    A process of another machine may write there too, and its number says nothing here. So a part that has
    just been changed stays, unless it was to become the file of that `name`, which is about to be made anew.
    """
    with suppress(OSError):  # no folder, or not ours to tidy
        for part in list(folder.glob("*.part")):
            own = name is not None and _becomes(part, name)
            with suppress(OSError):
                if _is_abandoned(part) and (own or time.time() - part.stat().st_mtime > STALE_SECONDS):
                    shutil.rmtree(part) if part.is_dir() else part.unlink()


def other_writers(path: Path) -> list[int]:
    """Returns the numbers of the other processes that are writing `path` at this moment."""
    found = (part for part in path.parent.glob("*.part") if _becomes(part, path.name))
    return [
        pid for part in found if (pid := _writer(part)) not in (None, os.getpid()) and not _is_abandoned(part)
    ]


def _becomes(part: Path, name: str) -> bool:
    """Returns True if a part is to become the file of that name; see `temporary_name`."""
    return part.name.lstrip(".").startswith(f"{shortened(name, _NAME_BYTES).lstrip('.')}.")


def _writer(part: Path) -> int | None:
    """Returns the number of the process in a part's name."""
    numbers = re.findall(r"\.(\d{1,9})(?=\.)", part.name)
    return int(numbers[-1]) if numbers else None


def _is_abandoned(part: Path) -> bool:
    """Returns True if the process that was writing a part has ended."""
    pid = _writer(part)
    return pid is not None and has_ended(pid)
