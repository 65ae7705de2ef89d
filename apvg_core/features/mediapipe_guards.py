"""Guards for calls of MediaPipe, which writes to standard error and depends on the locale."""

import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def discarded_stderr() -> Iterator[None]:
    """Discard whatever is written to the process's standard error meanwhile.

    MediaPipe's C++ part writes warnings there, of no use to anybody, that no setting silences.
    """
    original = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(original, 2)
        os.close(original)
        os.close(null)


@contextmanager
def ascii_locale() -> Iterator[None]:
    """Let C code lower-case ASCII letters as usual; Turkish has another small I than ours.

    MediaPipe lower-cases the names in its graphs by the locale when it sets them up.
    """
    original = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    try:
        yield
    finally:
        locale.setlocale(locale.LC_CTYPE, original)
