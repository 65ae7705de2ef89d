"""Runs a decoder in a process of its own: a truncated mp4 can kill the interpreter inside it."""

import multiprocessing
import signal
import traceback
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, TypeVar

from apvg_core.errors import ApvgError, MediaError
from apvg_core.progress import Progress, silent

T = TypeVar("T")

_running: "set[IsolatedProcess]" = set()

RECYCLED_AFTER = 20
"""Calls after which a process is replaced: what a decoder leaks is then given back."""


class IsolatedProcess:
    """A process in which functions are called, one by one; started when needed, replaced when it dies."""

    def __init__(self) -> None:
        self._child: SpawnProcess | None = None
        self._calls = 0

    def call(
        self, function: Callable[..., T], *args: object, path: Path, on_progress: Progress = silent
    ) -> T:
        """Return `function(*args, progress=...)`; see `run_isolated`."""
        if multiprocessing.current_process().daemon:
            return function(*args, progress=on_progress)
        if self._child is None:
            self._start()
        self._calls += 1
        try:
            self._pipe.send((function, args))
            kind, content = self._answer(on_progress)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self.close()
            raise MediaError(
                f"{path} could not be decoded (the decoder crashed); convert or copy it anew."
            ) from None
        except BaseException:  # we are interrupted, with the call under way: no orphan is left
            self.close()
            raise
        if self._calls >= RECYCLED_AFTER:
            self.close()
        if kind == "error":
            raise content
        if kind == "bug":
            bug = RuntimeError(f"{function.__name__} failed in its own process")
            bug.add_note(content)
            raise bug
        result: T = content
        return result

    def close(self) -> None:
        """End the process; the next call starts another."""
        _running.discard(self)
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._pipe.close()
            self._child = None

    def kill(self) -> None:
        """End the process from another thread; a call that is under way raises MediaError."""
        child = self._child  # the other thread may let go of it now
        if child is not None:
            child.kill()

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._child = spawn.Process(target=_serve, args=(theirs,), daemon=True)
        self._child.start()
        self._calls = 0
        theirs.close()  # the child's is now the only one, so its death ends the pipe
        _running.add(self)

    def _answer(self, on_progress: Progress) -> tuple[str, Any]:
        """What comes of the call: a "result", or the user's "error" or "bug" it ended in."""
        while True:
            kind, content = self._pipe.recv()
            if kind != "progress":
                return kind, content
            task, done, total, facts = content
            on_progress(task, done, total, **facts)


def run_isolated(function: Callable[..., T], *args: object, path: Path, on_progress: Progress = silent) -> T:
    """Return `function(*args, progress=...)`, called in a fresh process.

    In a process that is itself such a one, or a worker of a cluster, it is called at once: if it dies, that
    process is what is lost.

    Args:
        function: A function at the top level of a module; it, `args` and its result are pickled.
        *args: Its positional arguments.
        path: The file it works on, named should the process die.
        on_progress: Called here with all that `function` reports to its `progress`.

    Raises:
        MediaError: The process died.
        ApvgError: `function` raised it.
        OSError: `function` raised it: a full disk, a missing permission.
        RuntimeError: `function` raised anything else, which is a bug; a note holds its traceback.
    """
    with closing(IsolatedProcess()) as process:
        return process.call(function, *args, path=path, on_progress=on_progress)


def kill_all() -> None:
    """End what is running in other threads; there it raises MediaError."""
    for process in list(_running):
        process.kill()


def _serve(pipe: Connection) -> None:
    """The child: call what is sent and send what comes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the parent ends us

    def progress(task: str, done: float, total: float, /, **facts: float) -> None:
        pipe.send(("progress", (task, done, total, facts)))

    while True:
        try:
            function, args = pipe.recv()
        except (EOFError, OSError):  # the parent is gone
            return
        try:
            answer = "result", function(*args, progress=progress)
        except (ApvgError, OSError) as error:
            answer = "error", error
        except Exception:  # noqa: BLE001 - not swallowed: the parent raises it
            answer = "bug", traceback.format_exc()
        try:
            pipe.send(answer)
        except BrokenPipeError:  # the parent is gone
            return
