"""Surroundings of a command: streams that may be closed or of another encoding, signals that end it."""

import errno
import os
import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType
from typing import Final, TextIO

ONE_SIGNAL_SECONDS: Final = 5.0
"""Time in which signals count as one: Ctrl-C hit twice, a shell and a scheduler that both send theirs."""

BROKEN_PIPE: Final = 128 + 13
"""Exit code of a program that SIGPIPE ends: `| head` has read enough."""


def prepare_streams() -> None:
    """Open those of the three standard streams that are closed, and make them print every character.

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
    sys.stdout = _escape_unencodable(sys.stdout or open(1, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.stderr = _escape_unencodable(sys.stderr or open(2, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


def _escape_unencodable(stream: TextIO) -> TextIO:
    """Let a stream print characters that its encoding lacks (old disks' names, ASCII) as escapes."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream


def flush_streams(code: int) -> int:
    """Flush the streams; returns the exit code, which is another one if nobody reads them."""
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # Python would try again, and complain
            if stream is sys.stdout and code == 0:
                code = BROKEN_PIPE if error.errno == errno.EPIPE else 1
    return code


class EndingSignals:
    """Handlers of the signals that end a command: all raise KeyboardInterrupt, as Ctrl-C does.

    Signals that are ignored at the start (`nohup`, shells' background) stay ignored.

    Attributes:
        last: The number of the last signal.
    """

    def __init__(self) -> None:
        self.last = int(signal.SIGINT)
        self._time = -ONE_SIGNAL_SECONDS
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._end)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        """Interrupt, unless an interruption a moment ago is still being handled."""
        now = time.monotonic()
        if now - self._time >= ONE_SIGNAL_SECONDS:
            self._time, self.last = now, number
            raise KeyboardInterrupt
