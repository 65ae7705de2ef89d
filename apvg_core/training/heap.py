"""Memory that a training frees is kept for its next step, not given back to the system each time."""

import ctypes
import sys
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_TOP_PAD: Final = -2
M_MMAP_MAX: Final = -4
"""Parameters of mallopt(3) of the GNU C library."""

PAD: Final = 64 * 2**20
"""Bytes that the heap grows by at a time."""


def keep_freed_memory() -> bool:
    """Tell the C library to keep what is freed, where it is glibc's.

    Every step needs the same gigabyte. By default glibc gives large blocks back to the system when they are
    freed, and each page of the next ones is cleared and mapped anew: a third of a step's time and more.

    Returns:
        Whether the library does so; others than glibc's stay as they are.
    """
    kept = False
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        settings = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: PAD}
        kept = mallopt is not None and all(mallopt(name, value) for name, value in settings.items())
    return kept
