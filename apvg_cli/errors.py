"""Errors as text and exit codes; `app.py` says what the codes mean."""

import errno
import os
import traceback
from pathlib import Path
from typing import Final

import typer

from apvg_cli import console
from apvg_core.errors import ApvgError

UNEXPECTED: Final = 1
UNWRITABLE: Final = 2

_UNWRITABLE_ERRORS: Final = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENAMETOOLONG,
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR,
}  # fmt: skip
"""Errors of the system that a user ends by choosing another folder, or making room."""


def report_error(error: Exception, *, about: Path | None = None) -> int:
    """Print an error, with its traceback if --verbose was given; returns the exit code.

    Args:
        error: Any error.
        about: The one of several files that it came of; named if the error does not name it.
    """
    if console.is_verbose():
        traceback.print_exception(error)
    sentence, code = describe_error(error)
    named = about is None or str(about) in sentence
    console.error(sentence if named else f"{about}: {sentence}")
    return code


def describe_error(error: Exception) -> tuple[str, int]:
    """Returns the sentence on an error, and the exit code."""
    match error:
        case ApvgError():
            return str(error), error.exit_code
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            path = context.command_path if context else "apvg"
            return f"{_usage_message(error)} See '{path} --help'.", error.exit_code
        case OSError(errno=int() as number, strerror=str() as reason):  # no bug
            name = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
            if number in _UNWRITABLE_ERRORS:
                return f"{name}{reason}; choose another place, or make room.", UNWRITABLE
            return f"{name}{reason}; --verbose shows the traceback.", UNEXPECTED
        case _:
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return f"This is a bug in apvg ({what}); --verbose shows the traceback to report.", UNEXPECTED


def _usage_message(error: typer.TyperException) -> str:
    """Returns what is wrong with a command line; of a misspelt option with the nearest one."""
    nearest = getattr(error, "possibilities", None)
    message = error.message if nearest else error.format_message().replace("Value error, ", "")
    if nearest:
        message = f"{message}. Did you mean {nearest[0]}?"
    return message if message.endswith((".", "?", ")")) else f"{message}."
