"""Locks of folders, so that only one command at a time writes there."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from apvg_core.errors import ApvgError, ConfigError

LOCK: Final = ".lock"
"""Lock file in the folder; the system releases it when the process ends in whatever way."""


@contextmanager
def alone_in(folder: Path, *, other: str, flag: str, error: type[ApvgError] = ConfigError) -> Iterator[None]:
    """Lock a folder, which is made if it is missing, and removed again if it was made and stays empty.

    Args:
        folder: The folder.
        other: Who else may hold the lock, as in "Another training".
        flag: The option by which the user names another folder, as in "--run".
        error: The class of the error that is raised.

    Raises:
        ApvgError: An `error`: another process holds the lock, or the folder cannot be made or written to.
    """
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise error(f"{folder} cannot be created ({why.strerror}); choose another {flag}.") from why
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as why:
        raise error(f"{other} is writing to {folder}; wait for it, or choose another {flag}.") from why
    except OSError as why:
        raise error(f"{folder} cannot be written to ({why.strerror}); choose another {flag}.") from why
    try:
        yield
    finally:
        lock.release()
        if folder in missing:
            _remove_if_empty(folder, missing)


def _remove_if_empty(folder: Path, created: list[Path]) -> None:
    """Remove the folders `created` for a command if it wrote nothing."""
    with suppress(OSError):
        if {path.name for path in folder.iterdir()} <= {LOCK}:
            (folder / LOCK).unlink(missing_ok=True)
            for path in created:
                path.rmdir()
