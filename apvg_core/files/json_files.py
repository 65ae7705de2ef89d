"""JSON files: written atomically, read within limits, since anybody may have written them."""

import json
import math
from pathlib import Path
from typing import Any, Final

from apvg_core.files.atomic import atomic_write

JSON_BYTES: Final = 64_000_000
"""Longest JSON that is read; a truth file of an hour has about a tenth."""

JSON_DEPTH: Final = 32
"""Deepest JSON that is read; our own is nested half a dozen times."""


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file atomically.

    Raises:
        OSError: It cannot be written.
    """
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
    """Parse a JSON document.

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
