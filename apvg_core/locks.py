"""One command at a time in a folder that two would write to."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from apvg_core.errors import ApvgError, ConfigError

LOCK: Final = ".lock"
"""A file in the folder; the system lets go of it when the process ends, however that is."""


@contextmanager
def alone_in(folder: Path, *, other: str, flag: str, error: type[ApvgError] = ConfigError) -> Iterator[None]:
    """Hold a folder, which is made if there is none; one that was made and stays empty is removed again.

    Args:
        folder: What two commands would write to at once.
        other: Who else may hold it, as in "Another training".
        flag: How the user names another folder, as in "--run".
        error: What a folder is that cannot be held.

    Raises:
        ApvgError: An `error`: another process holds the folder, or it cannot be made or written to.
    """
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise error(f"{folder} cannot be made a folder ({why.strerror}); choose another {flag}.") from why
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as why:
        raise error(
            f"{other} is writing to {folder} at this moment; wait for it, or choose another {flag}."
        ) from why
    except OSError as why:
        raise error(f"{folder} cannot be written to ({why.strerror}); choose another {flag}.") from why
    try:
        yield
    finally:
        lock.release()
        if folder in missing:
            _remove_if_empty(folder, missing)


def _remove_if_empty(folder: Path, made: list[Path]) -> None:
    """Remove the folders that were made for a command which wrote nothing."""
    with suppress(OSError):
        if {path.name for path in folder.iterdir()} <= {LOCK}:
            (folder / LOCK).unlink(missing_ok=True)
            for path in made:
                path.rmdir()
