"""Runs a decoder in a process of its own: a truncated mp4 can kill the interpreter inside it."""

import multiprocessing
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TypeVar

from apvg_core.errors import ApvgError, MediaError
from apvg_core.progress import Progress, silent

T = TypeVar("T")

_children: set[SpawnProcess] = set()


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
        RuntimeError: `function` raised anything else, which is a bug; a note holds its traceback.
    """
    if multiprocessing.current_process().daemon:
        return function(*args, progress=on_progress)
    spawn = multiprocessing.get_context("spawn")
    inbox, outbox = spawn.Pipe(duplex=False)
    child = spawn.Process(target=_work, args=(outbox, function, args), daemon=True)
    child.start()
    _children.add(child)
    outbox.close()  # the child's is now the only one, so its death ends the pipe
    try:
        while True:
            kind, content = inbox.recv()
            if kind == "progress":
                task, done, total, facts = content
                on_progress(task, done, total, **facts)
            elif kind == "result":
                result: T = content
                return result
            elif kind == "error":
                raise content
            else:
                bug = RuntimeError(f"{function.__name__} failed in its own process")
                bug.add_note(content)
                raise bug
    except EOFError:
        raise MediaError(
            f"{path} could not be decoded (the decoder crashed); convert or copy it anew."
        ) from None
    finally:  # also when we are interrupted: no orphan is left
        _children.discard(child)
        child.kill()
        child.join()
        inbox.close()


def kill_all() -> None:
    """End what `run_isolated` has running in other threads; there it raises MediaError."""
    for child in list(_children):
        child.kill()


def _work(outbox: Connection, function: Callable[..., object], args: tuple[object, ...]) -> None:
    """The child: call the function and send what comes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the parent ends us

    def progress(task: str, done: float, total: float, /, **facts: float) -> None:
        outbox.send(("progress", (task, done, total, facts)))

    try:
        outbox.send(("result", function(*args, progress=progress)))
    except ApvgError as error:
        outbox.send(("error", error))
    except Exception:  # noqa: BLE001 - not swallowed: the parent raises it
        outbox.send(("bug", traceback.format_exc()))
