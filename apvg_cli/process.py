"""What surrounds a command: streams that may be closed or speak another alphabet, signals that end it."""

import errno
import os
import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType
from typing import Final, TextIO

HASTE: Final = 5.0
"""Seconds in which signals count as one: Ctrl-C hit twice, a shell and a scheduler that both send theirs."""

BROKEN_PIPE: Final = 128 + 13
"""What the shell sees of a program that SIGPIPE ends: `| head` has read enough."""


def prepare_streams() -> None:
    """See that all three streams are there, and that everything can be printed to them.

    A file that is opened while standard output is closed would take its number, and all that is printed.
    """
    modes: Mapping[int, int] = {0: os.O_RDONLY, 1: os.O_WRONLY, 2: os.O_WRONLY}
    for number, mode in modes.items():
        try:
            os.fstat(number)
        except OSError:
            assert os.open(os.devnull, mode) == number, "the lowest free number is taken"
            os.set_inheritable(number, True)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _speaking(sys.stdout or open(1, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.stderr = _speaking(sys.stderr or open(2, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


def _speaking(stream: TextIO) -> TextIO:
    """The stream; what its alphabet does not have (old disks' names, ASCII terminals) is told by numbers."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream


def end_streams(code: int) -> int:
    """Write out what is still held back; returns the exit code, which is another if nobody reads it."""
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # Python would try again, and complain
            if stream is sys.stdout and code == 0:
                code = BROKEN_PIPE if error.errno == errno.EPIPE else 1
    return code


class Ends:
    """Answers the signals that end a command as Ctrl-C is answered, so that each leaves what Ctrl-C leaves.

    Those that are ignored when it starts (`nohup`, shells' background) stay ignored.

    Attributes:
        signal: The number of the last one.
    """

    def __init__(self) -> None:
        self.signal = int(signal.SIGINT)
        self._last = -HASTE
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._end)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        """Interrupt, but not what the last interruption is still tidying up."""
        now = time.monotonic()
        if now - self._last >= HASTE:
            self._last, self.signal = now, number
            raise KeyboardInterrupt
