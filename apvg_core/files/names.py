"""Names of files: short enough for every file system, printable, checked for existence."""

import os
import sys
import zlib
from pathlib import Path
from typing import Final

LONGEST_NAME: Final = 255
"""Longest name that common file systems take, in bytes."""


def shortened(name: str, most: int = LONGEST_NAME) -> str:
    """Returns the name, cut to at most `most` bytes; a checksum of the whole then ends it."""
    data = os.fsencode(name)
    if len(data) <= most:
        return name
    checksum = f"~{zlib.crc32(data):08x}"
    return data[: most - len(checksum)].decode(sys.getfilesystemencoding(), "ignore") + checksum


def printable(name: str) -> str:
    """Returns a file's name with U+FFFD in the place of bytes that are no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def as_bytes(path: Path) -> str | bytes:
    """Returns a file's name for libraries that encode text themselves and fail at undecodable names."""
    return str(path) if sys.platform == "win32" else os.fsencode(path)


def path_exists(path: Path) -> bool:
    """Returns True if something has that name; False for names that are illegal or may not be read."""
    try:
        return path.exists()
    except OSError:
        return False
