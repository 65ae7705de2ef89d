"""Isolation of decoders in a process of their own: a truncated mp4 can kill the interpreter inside it.

The process is a Python of its own that never looks at the main module: scripts, notebooks and standard
input can call what is isolated without a guard. The two talk in pickles through its standard streams.
"""

import _thread
import logging
import multiprocessing
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final, TypeVar

from apvg_core.errors import ApvgError, MediaError
from apvg_core.progress import Progress, silent

T = TypeVar("T")

RECYCLED_AFTER = 20
"""Calls after which a process is replaced, to free what decoders leak."""

GRACE_SECONDS: Final = 5.0
"""Time that a process has to remove its temporary files before it is killed."""

_CHILD: Final = """
import pickle, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # they reach both of us; the parent answers them
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
sys.path[:] = pickle.loads(pickle.load(sys.stdin.buffer))
from apvg_core.media.isolate import serve
serve()
"""


class ProcessDiedError(MediaError):
    """The isolated process crashed, or was killed."""


class IsolatedProcess:
    """A process in which functions are called, one by one; started when needed, replaced when it dies."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._calls = 0

    def call(
        self, function: Callable[..., T], *args: object, path: Path, on_progress: Progress = silent
    ) -> T:
        """Call `function(*args, progress=...)` in the process; see `run_isolated`."""
        assert function.__module__ != "__main__", "the process does not know it"
        if multiprocessing.current_process().daemon:
            return function(*args, progress=on_progress)
        if self._child is None:
            self._start()
        self._calls += 1
        try:
            _send(self._requests, (function, args))
            kind, content = self._await_answer(on_progress)
        except (EOFError, BrokenPipeError, ConnectionResetError, pickle.UnpicklingError):
            self.close()
            raise ProcessDiedError(
                f"{path} could not be decoded (the decoder crashed); convert it or copy it again."
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
        if self._child is not None:
            self.stop()
            self._answers.close()  # it may wait for a reader of what it reports, and tidies up after that
            try:
                self._child.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child = None

    def stop(self) -> None:
        """Ask the process to end, from any thread; a call that is under way raises ProcessDiedError."""
        with suppress(OSError):  # it is gone already
            self._requests.close()

    def _start(self) -> None:
        # -P: a random.py in the working folder is not Python's. File names are decoded as in this process.
        command = [sys.executable, "-P", "-X", f"utf8={sys.flags.utf8_mode}", "-c", _CHILD]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._requests, self._answers = self._child.stdin, self._child.stdout
        self._calls = 0
        with suppress(BrokenPipeError):  # the call will notice
            _send(self._requests, sys.path)

    def _await_answer(self, on_progress: Progress) -> tuple[str, Any]:
        """Receive messages until the call ends; returns ("result" | "error" | "bug", its content)."""
        while True:
            kind, content = pickle.loads(_receive_packed(self._answers))  # noqa: S301 - from our own child
            if kind == "progress":
                task, done, total, facts = content
                on_progress(task, done, total, **facts)
            elif kind == "log":
                name, level, text = content
                logging.getLogger(name).log(level, "%s", text)
            else:
                return kind, content


def run_isolated(function: Callable[..., T], *args: object, path: Path, on_progress: Progress = silent) -> T:
    """Call `function(*args, progress=...)` in a fresh process and return its result.

    In an isolated process, or a worker of a cluster, it is called directly: if it crashes, only that process
    is lost.

    Args:
        function: A function at the top level of a module other than the main one; it, `args` and its result
            are pickled.
        *args: Its positional arguments.
        path: The file it works on, for the message if the process dies.
        on_progress: Called in this process with all that `function` reports to its `progress`.

    Raises:
        ProcessDiedError: The process crashed.
        ApvgError: `function` raised it.
        OSError: `function` raised it: a full disk, a missing permission.
        RuntimeError: `function` raised anything else, which is a bug; a note holds its traceback.
    """
    with closing(IsolatedProcess()) as process:
        return process.call(function, *args, path=path, on_progress=on_progress)


@contextmanager
def isolated_threads(jobs: int) -> Iterator[tuple[Executor, Callable[..., Any]]]:
    """Give an executor of threads, and a function like `run_isolated` that calls in the thread's own process.

    At the end, also by an interruption, calls under way are stopped, and those that have not begun are
    cancelled.

    Args:
        jobs: Number of threads, each with a process.
    """
    own = threading.local()
    processes: list[IsolatedProcess] = []

    def call(function: Callable[..., T], *args: object, path: Path, on_progress: Progress = silent) -> T:
        """See `run_isolated`."""
        if not hasattr(own, "process"):
            own.process = IsolatedProcess()
            processes.append(own.process)
        process: IsolatedProcess = own.process
        return process.call(function, *args, path=path, on_progress=on_progress)

    threads = ThreadPoolExecutor(jobs)
    try:
        yield threads, call
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.stop()
        threads.shutdown()
        for process in processes:
            process.close()


def serve() -> None:
    """Serve calls in the isolated process, until its parent is gone."""
    multiprocessing.current_process().daemon = True  # functions called here need no further process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that what libraries print is no answer
    requests = _Requests()
    signal.signal(signal.SIGINT, requests.interrupted)
    logger = logging.getLogger("apvg_core")
    logger.setLevel(logging.DEBUG)  # the parent decides what is worth showing
    logger.addHandler(_LogSender(answers))

    def progress(task: str, done: float, total: float, /, **facts: float) -> None:
        with suppress(BrokenPipeError):  # nobody listens any more: `requests` ends the call, and once only
            _send(answers, ("progress", (task, done, total, facts)))

    try:
        while (request := requests.queue.get()) is not None:
            try:
                function, args = pickle.loads(request)  # noqa: S301 - from our own parent
                answer = "result", function(*args, progress=progress)
            except (ApvgError, OSError) as error:
                answer = "error", error
            except Exception:  # noqa: BLE001 - not swallowed: the parent raises it
                answer = "bug", traceback.format_exc()
            _send(answers, answer)
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    finally:
        os._exit(0)  # the functions have tidied up; libraries that end with the interpreter may hang


class _LogSender(logging.Handler):
    """Log handler that sends records to the parent, which logs them again."""

    def __init__(self, answers: IO[bytes]) -> None:
        super().__init__()
        self._answers = answers

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(BrokenPipeError):
            _send(self._answers, ("log", (record.name, record.levelno, record.getMessage())))


class _Requests:
    """Requests of the parent, received in a thread: it may die in the midst of a call, even by kill -9."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._gone = False
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            while True:
                self.queue.put(_receive_packed(sys.stdin.buffer))
        self._gone = True
        self.queue.put(None)
        _thread.interrupt_main()
        time.sleep(GRACE_SECONDS)
        os._exit(1)

    def interrupted(self, _number: int, _frame: FrameType | None) -> None:
        """End a call for which nobody waits any more; Ctrl-C reaches us too, and is not ours to answer."""
        if self._gone:
            raise KeyboardInterrupt


def _send(pipe: IO[bytes], message: object) -> None:
    """Send a message, pickled twice: the outer pickle marks its end, the inner one may import modules."""
    pipe.write(pickle.dumps(pickle.dumps(message)))
    pipe.flush()


def _receive_packed(pipe: IO[bytes]) -> bytes:
    """Receive the next message, still packed once."""
    message: bytes = pickle.load(pipe)  # noqa: S301 - from our own parent or child
    return message
