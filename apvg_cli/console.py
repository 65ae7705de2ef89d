"""The only place that talks to rich: progress and messages to stderr, tables and JSON to stdout.

Everything is plain text where there is no terminal. rich is imported when something is drawn, so that
the help stays instant.
"""

from __future__ import annotations

import datetime
import functools
import json
import logging
import math
import os
import shlex
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO, cast

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID
    from rich.table import Table

WIDE = 10_000
"""Columns where there is no terminal: nothing may be wrapped or cut off."""

PLAIN_SECONDS = 30.0
"""Time between two lines of progress where there is no terminal."""

WARM_UP = 5
"""Units of a task (at most a hundredth of it) that its speed excludes: the first ones take longer."""


_next_steps_wanted = True


@functools.cache
def stderr() -> Console:
    """Returns the one console of stderr; shared, so that messages appear above a moving progress bar."""
    from rich.console import Console

    return Console(file=cast(TextIO, _TolerantStderr()))


class _TolerantStderr:
    """Standard error that ignores write errors: a closed terminal or `| head` must not end the work."""

    @property
    def _stream(self) -> TextIO:
        stream: TextIO = getattr(sys.stderr, "rich_proxied_file", sys.stderr)  # beneath a moving bar
        return stream

    def write(self, text: str) -> int:
        """Write `text` if possible; returns its length."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream if possible."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def error(sentence: str) -> None:
    """Print `apvg: sentence` to stderr, always as one line."""
    _print_line("apvg: ", "bold red", sentence)


def notice(sentence: str) -> None:
    """Print a message to stderr that is not the output itself."""
    if IS_FIRST_PROCESS:
        _print_line("", "", sentence)


@contextmanager
def no_next_steps() -> Iterator[None]:
    """Leave next steps out, where they are taken already."""
    global _next_steps_wanted
    _next_steps_wanted = False
    try:
        yield
    finally:
        _next_steps_wanted = True


def next_steps(commands: Sequence[tuple[str, str]]) -> None:
    """Print what to do next: (command, purpose) pairs, each command a line to copy into any shell.

    Commands of one purpose that follow one another stand below it together.
    """
    if not _next_steps_wanted:
        return
    said = ""
    for command, purpose in commands:
        if purpose != said:
            notice(f"Next, to {purpose}:")
            said = purpose
        notice(f"    {command}")


def quote(*words: str | Path) -> str:
    """Returns words of a command, quoted for a shell; on Windows for cmd and PowerShell alike."""
    texts = [str(word) for word in words]
    return subprocess.list2cmdline(texts) if sys.platform == "win32" else shlex.join(texts)


def is_verbose() -> bool:
    """Returns True if --verbose was given."""
    return logging.getLogger("apvg_core").isEnabledFor(logging.DEBUG)


def can_ask() -> bool:
    """Returns True if the user can be asked: there is a terminal, and this command is in its foreground."""
    asked = bool(IS_FIRST_PROCESS and sys.stdin and sys.stdin.isatty() and sys.stderr.isatty())
    if asked and sys.platform != "win32":
        asked = os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return asked


def confirm(question: str) -> bool:
    """Ask a question; returns True for yes, False for no.

    Raises:
        KeyboardInterrupt: The answer is neither.
    """
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None


class _LogPrinter(logging.Handler):
    """Log handler that prints what the core logs: information as it is, warnings marked."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            _print_line("apvg: warning: ", "bold yellow", record.getMessage())
        else:
            notice(record.getMessage())
        if record.exc_info:  # logged for --verbose alone
            traceback.print_exception(record.exc_info[1])


_log_printer = _LogPrinter()


IS_FIRST_PROCESS = os.environ.get("RANK", "0") == "0"
"""True in the first of the processes that torchrun starts: only that one prints notices; all print errors."""


def show_logs(*, verbose: bool) -> None:
    """Print what the core logs from now on; debugging messages too if `verbose`."""
    logger = logging.getLogger("apvg_core")
    logger.setLevel(logging.DEBUG if verbose else logging.INFO if IS_FIRST_PROCESS else logging.ERROR)
    logger.addHandler(_log_printer)


def _print_line(prefix: str, style: str, sentence: str) -> None:
    from rich.text import Text

    # A Text, not a string: rich would read [brackets] of a path as markup.
    line = " ".join(part.rstrip() for part in sentence.splitlines())
    stderr().print(Text.assemble((prefix, style), line), soft_wrap=True)


@dataclass
class _RunningTask:
    """A task with a bar.

    Attributes:
        bar: Its bar.
        first: Units done when it first appeared.
        done: Units done when its speed begins to count.
        since: The time of that, by the monotonic clock, in seconds.
    """

    bar: TaskID
    first: float
    done: float
    since: float


class Progress:
    """Progress of tasks (see `apvg_core.progress`): bars on a terminal, elsewhere a line now and then.

    Bars vanish when their task is done.
    """

    def __init__(self) -> None:
        from rich import progress
        from rich.table import Column

        columns = (
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(bar_width=12),
            # Many losses may need a second line; the other columns keep their width.
            progress.TextColumn("{task.fields[numbers]}", markup=False, table_column=Column()),
        )
        self._plain = not stderr().is_interactive
        self._bars = progress.Progress(*columns, console=stderr(), transient=True, disable=self._plain)
        self._running: dict[str, _RunningTask] = {}
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, task: str, done: float, total: float, /, **facts: float) -> None:
        """Show that `done` of `total` units of `task` are done, with `facts` as names and numbers."""
        now = time.monotonic()
        if task not in self._running:  # what was done before (a resumed training) is not this run's speed
            bar = self._bars.add_task(_shorten(task), total=total, numbers="")
            self._running[task] = _RunningTask(bar, done, done, now)
        running = self._running[task]
        if done - running.first <= min(WARM_UP, total / 100):
            running.done, running.since = done, now
        speed = (done - running.done) / (now - running.since) if now > running.since else 0.0
        numbers = _format_progress(done, total, speed, facts)
        self._bars.update(running.bar, completed=done, total=total, numbers=numbers)
        if self._plain and now - self._last_line >= PLAIN_SECONDS:
            self._last_line = now
            notice(f"{task}: {numbers}")
        if done >= total:
            self._bars.remove_task(self._running.pop(task).bar)


def _shorten(name: str) -> str:
    """Shorten a name in its middle: recordings' names differ at their ends."""
    return name if len(name) <= 30 else f"{name[:12]}…{name[-17:]}"


def _format_progress(done: float, total: float, speed: float, facts: Mapping[str, float]) -> str:
    """Format progress, as in "40/100, 3.2/s, 0:00:19 left (all: about 0:10:19), loss 0.12, 0.7 % waiting"."""
    parts = [f"{done:.10g}/{total:.10g}"]
    if speed > 0:
        left = (total - done) / speed
        after = f" (all: about {_format_seconds(left + facts['later'])})" if "later" in facts else ""
        parts += [f"{_format_number(speed)}/s", f"{_format_seconds(left)} left{after}"]
    return ", ".join(
        [*parts, *(_format_fact(name, value) for name, value in facts.items() if name != "later")]
    )


def _format_seconds(seconds: float) -> datetime.timedelta:
    return datetime.timedelta(seconds=round(seconds))


def _format_fact(name: str, value: float) -> str:
    """Format a fact; a unit ("%…" or "…/…") stands behind its number."""
    if name.startswith("%"):
        return f"{value:.1f} {name}"
    return f"{_format_number(value)} {name}" if "/" in name else f"{name} {_format_number(value)}"


def _format_number(value: float) -> str:
    """Format a number with three figures, and all of a large one's: 1400, not 1.4e+03."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"


def document(value: Any) -> None:
    """Print `value` as JSON to stdout; NaN and infinities are null.

    Characters that stdout cannot encode are escaped.
    """
    cleaned = _without_non_finite(value)
    text = json.dumps(cleaned, indent=2, ensure_ascii=False, default=str, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(cleaned, indent=2, default=str, allow_nan=False)
    typer.echo(text)


def _without_non_finite(value: Any) -> Any:
    """Replace NaN and infinities, which JSON lacks, by None, in nested containers too."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {key: _without_non_finite(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_without_non_finite(inner) for inner in value]
    return value


def table(rows: Sequence[Mapping[str, Any]], *, header: bool = True) -> None:
    """Print rows with the same keys to stdout; the keys are the columns' titles."""
    from rich.console import Console

    if not rows:
        return
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    drawing = _draw_table(rows, header=header, narrow=False)
    if console.measure(drawing, options=console.options.update(width=WIDE)).maximum > console.width:
        drawing = _draw_table(rows, header=header, narrow=True)
    console.print(drawing)


def _draw_table(rows: Sequence[Mapping[str, Any]], *, header: bool, narrow: bool) -> Table:
    """Draw a table; a narrow one has a space between columns, not two, and a word of a title in each line."""
    from rich.table import Table
    from rich.text import Text

    drawing = Table(box=None, pad_edge=False, collapse_padding=narrow, show_header=header)
    for title in rows[0]:
        numeric = all(row[title] is None or _is_number(row[title]) for row in rows)
        heading = title.replace(" ", "\n") if narrow else title
        drawing.add_column(Text(heading), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawing.add_row(*(Text(_cell(value)) for value in row.values()))
    return drawing


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def facts(values: Mapping[str, Any]) -> None:
    """Print names and values to stdout, nested ones under dotted names."""
    table([{"name": name, "value": _cell(value)} for name, value in _flatten(values)], header=False)


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
        case list() | tuple():
            return ", ".join(_cell(item) for item in value) or "-"
        case _:
            return str(value)
