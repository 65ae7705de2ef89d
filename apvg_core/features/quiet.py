"""MediaPipe's chatter kept from the user, and the user's language from MediaPipe."""

import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def standard_error_turned_away() -> Iterator[None]:
    """Lose whatever is written to the process's standard error meanwhile.

    MediaPipe's C++ part writes warnings there, of no use to anybody, that no setting silences.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def plain_letters() -> Iterator[None]:
    """Let C code take ASCII letters for what they are; Turkish has another small I than ours.

    MediaPipe lower-cases the names in its graphs by the locale when it sets them up.
    """
    kept = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    try:
        yield
    finally:
        locale.setlocale(locale.LC_CTYPE, kept)
