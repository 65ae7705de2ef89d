"""Runs the steps of all recordings, some at a time.

First all are surveyed, as those of one performer may share a square; then each is looked at, its parts in any
order, and becomes shards.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from apvg_core.errors import ApvgError
from apvg_core.extract.assemble import assemble
from apvg_core.extract.look import look
from apvg_core.extract.squares import share_squares
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
Task = tuple[Step, tuple[Any, ...]]
"""A step and its arguments."""


@dataclass
class _Course:
    """A recording under way.

    Attributes:
        unit: Which.
        tasks: What is to be run next, in any order.
        survey: What the first look found.
        running: What is being run.
        outcome: What became of it.
    """

    unit: Unit
    tasks: Sequence[Task]
    survey: Survey | None = None
    running: set[Future[Any]] = field(default_factory=set)
    outcome: Outcome | None = None

    def after(self, step: Step, result: Any) -> list[Task]:
        """What is to be run once a step has come to `result`; nothing after the survey, nor at the end."""
        if step is is_done:
            done, self.unit = result
            if not done:
                return [(survey, ())]
            self.outcome = Outcome(self.unit, skipped=True)
        elif step is survey:
            self.survey = result
            tell_left_out(self.unit, result)
        elif step is look:
            return [] if self.running else [(assemble, (self.survey,))]
        else:
            self.outcome = Outcome(self.unit)
        return []


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

    A recording is finished before many others are looked at, so that a run that is stopped leaves shards.
    """
    found = []
    for course in _carried([_Course(unit, [(is_done, ())]) for unit in units], executor, runner, width):
        if course.outcome is not None:
            yield course.outcome
        else:
            assert course.survey is not None
            found.append((course.unit, course.survey))
    courses = [
        _Course(unit, [(look, (surveyed, part)) for part in surveyed.parts], surveyed)
        for unit, surveyed in share_squares(found)
    ]
    for course in _carried(courses, executor, runner, width):
        assert course.outcome is not None
        yield course.outcome


def _carried(courses: Iterable[_Course], executor: Executor, runner: Runner, width: int) -> Iterator[_Course]:
    """Run what is to be run of each course, and what follows; yields each when nothing does, or it failed."""
    waiting = deque(courses)
    pending: dict[Future[Any], tuple[_Course, Step]] = {}

    def start(course: _Course, tasks: Iterable[Task]) -> None:
        for step, arguments in tasks:
            future = executor.submit(runner, course.unit, step, arguments)
            pending[future] = course, step
            course.running.add(future)

    while waiting or pending:
        while waiting and len(pending) < width:
            course = waiting.popleft()
            start(course, course.tasks)
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            if future not in pending:
                continue  # of a recording that has failed meanwhile
            course, step = pending.pop(future)
            course.running.discard(future)
            failure = _failure(course.unit, future)
            if failure is None:
                start(course, course.after(step, future.result()))
            else:
                for other in course.running:
                    del pending[other]
                    other.cancel()
                course.running.clear()
                course.outcome = Outcome(course.unit, failure=failure)
            if not course.running:
                yield course


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
    log.debug("What went wrong with %s:", source, exc_info=error)
    return f"{source} could not be extracted; --verbose shows why."
