"""Runs the steps of an extraction in processes of this machine, or on the workers of a cluster."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apvg_core.extract.scheduler import Step, Submit
from apvg_core.extract.unit import Unit
from apvg_core.media.isolate import isolated_threads
from apvg_core.progress import Progress, silent


@contextmanager
def workers(jobs: int, cluster: Executor | None, on_progress: Progress) -> Iterator[Submit]:
    """Start workers, and give the function that has one run a step, whose first argument is a `Unit`.

    Args:
        jobs: Processes of this machine, one step at a time each: a damaged video can crash the decoder.
        cluster: Runs the steps in place of them; its workers are their own protection.
        on_progress: Called for each frame, on this machine.
    """
    if cluster is not None:
        yield lambda step: cluster.submit(run_here, step.function, step.arguments)
        return
    lock = threading.Lock()
    done_of: dict[str, dict[tuple[Any, ...], float]] = defaultdict(dict)
    with isolated_threads(jobs) as (threads, call):

        def isolated(function: Callable[..., Any], unit: Unit, *others: Any) -> Any:
            def add_up(task: str, done: float, total: float, /, **facts: float) -> None:
                with lock:  # parts of a recording run side by side, and each knows its own frames
                    done_of[task][others] = done
                    on_progress(task, min(sum(done_of[task].values()), total), total, **facts)

            return call(function, unit, *others, path=Path(unit.recording.source), on_progress=add_up)

        def submit(step: Step) -> Future[Any]:
            return threads.submit(isolated, step.function, *step.arguments)

        yield submit


def run_here(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Run a step in this process."""
    return function(*arguments, progress=silent)
