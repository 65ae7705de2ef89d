"""Errors become text and exit codes; `app.py` says what these mean."""

import errno
import logging
import os
import traceback
from pathlib import Path
from typing import Final

import typer

from apvg_cli import console
from apvg_core.errors import ApvgError

UNEXPECTED: Final = 1
UNWRITABLE: Final = 2

_OF_PLACES: Final = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENAMETOOLONG,
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR,
}  # fmt: skip
"""What a user ends by choosing another place, or making room."""


def tell(error: Exception, *, about: Path | None = None) -> int:
    """Print what has gone wrong, with the traceback if somebody wants it; returns the exit code.

    Args:
        error: Whatever it is.
        about: What it came of, of several; named where the error does not.
    """
    if logging.getLogger("apvg_core").isEnabledFor(logging.DEBUG):
        traceback.print_exception(error)
    sentence, code = explain(error)
    named = about is None or str(about) in sentence
    console.error(sentence if named else f"{about}: {sentence}")
    return code


def explain(error: Exception) -> tuple[str, int]:
    """What to tell about an error, and the exit code it leaves with."""
    match error:
        case ApvgError():
            return str(error), error.exit_code
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            path = context.command_path if context else "apvg"
            message = error.format_message()
            stop = "" if message.endswith((".", "?", ")")) else "."
            return f"{message}{stop} See '{path} --help'.", error.exit_code
        case OSError(errno=int() as number, strerror=str() as reason):  # no bug
            name = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
            if number in _OF_PLACES:
                return f"{name}{reason}; choose another place, or make room.", UNWRITABLE
            return f"{name}{reason}; --verbose shows the traceback.", UNEXPECTED
        case _:
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return f"This is a bug in apvg ({what}); --verbose shows the traceback to report.", UNEXPECTED
