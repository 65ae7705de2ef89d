"""Runs the steps of all recordings, some at a time: first look, the parts in any order, then the shards."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from apvg_core.errors import ApvgError
from apvg_core.extract.assemble import assemble
from apvg_core.extract.look import look
from apvg_core.extract.survey import Survey, survey, tell_left_out
from apvg_core.extract.unit import Unit

log = logging.getLogger(__name__)

Runner = Callable[..., Any]
"""Runs `step(*arguments, progress=...)` of the unit it is given, perhaps elsewhere."""


@dataclass(frozen=True)
class Outcome:
    """What became of a recording.

    Attributes:
        unit: Which.
        skipped: Its shards were there already.
        failure: Why it could not be extracted, as a sentence; None if it was.
    """

    unit: Unit
    skipped: bool = False
    failure: str | None = None


Step = Callable[..., Any]


@dataclass
class _Course:
    """A recording under way, and its steps that are being run."""

    unit: Unit
    survey: Survey | None = None
    running: set[Future[Any]] = field(default_factory=set)

    def after(self, step: Step, result: Any) -> list[tuple[Step, tuple[Any, ...]]] | Outcome:
        """What is to be run once a step has come to `result`, or what became of the recording."""
        if step is is_done:
            done, self.unit = result
            return Outcome(self.unit, skipped=True) if done else [(survey, ())]
        if step is survey:
            self.survey = result
            tell_left_out(self.unit, result)
            return [(look, (result, part)) for part in result.parts]
        if step is look:
            return [] if self.running else [(assemble, (self.survey,))]
        return Outcome(self.unit)


def identify(unit: Unit, **_progress: object) -> Unit:
    """Read a unit's files for its checksum."""
    _ = unit.source_sha256
    return unit


def is_done(unit: Unit, **_progress: object) -> tuple[bool, Unit]:
    """`Unit.is_done` as a step; the unit comes back with its checksum, as reading its files takes long."""
    _ = unit.source_sha256
    return unit.is_done(), unit


def run(units: Iterable[Unit], executor: Executor, runner: Runner, *, width: int) -> Iterator[Outcome]:
    """Extract recordings, `width` steps at a time; yields what became of each, in the order they end.

    A recording is finished before many others are begun, so that a run that is stopped leaves shards.
    """
    waiting = deque(units)
    pending: dict[Future[Any], tuple[_Course, Step]] = {}

    def start(course: _Course, step: Step, arguments: tuple[Any, ...] = ()) -> None:
        future = executor.submit(runner, course.unit, step, arguments)
        pending[future] = course, step
        course.running.add(future)

    while waiting or pending:
        while waiting and len(pending) < width:
            start(_Course(waiting.popleft()), is_done)
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            if future not in pending:
                continue  # of a recording that has failed meanwhile
            course, step = pending.pop(future)
            course.running.discard(future)
            failure = _failure(course.unit, future)
            if failure is not None:
                for other in course.running:
                    del pending[other]
                    other.cancel()
                yield Outcome(course.unit, failure=failure)
                continue
            following = course.after(step, future.result())
            if isinstance(following, Outcome):
                yield following
            else:
                for next_step, arguments in following:
                    start(course, next_step, arguments)


def _failure(unit: Unit, future: Future[Any]) -> str | None:
    """What is wrong with a step's files, as a sentence."""
    error = future.exception()
    source = unit.recording.source
    if error is None:
        return None
    if isinstance(error, ApvgError):
        return str(error)
    if isinstance(error, OSError):
        where = error.filename or source
        reason = error.strerror or error
        return f"{source} failed at {where} ({reason}); make room, or check who may use it."
    if not isinstance(error, Exception):
        raise error
    log.debug("%s", "\n".join(getattr(error, "__notes__", [])), exc_info=error)
    return f"{source} could not be extracted; --verbose shows why."
