"""A file for HDF5 that reports a full disk when it is asked, not in the midst of writing."""

import io
from pathlib import Path
from typing import Any


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
