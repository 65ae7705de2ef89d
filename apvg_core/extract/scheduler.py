"""Runs flows: generators that declare, step by step, what is to be computed and what it depends on.

A flow yields the steps that may run now, in any order, and is resumed with their results once all are done.
What it yields next depends on them. `call`, `call_each` and `gather` say so in a flow's own words::

    def flow(unit):
        found = yield from call(survey, unit)                       # a step
        found = yield from gather(share, found)                     # a barrier between all flows
        yield from call_each(part, [(unit, k) for k in found])      # steps in any order
        return "done"

Which steps there are is known only as a flow goes on (a survey tells how many parts a recording has), so the
graph is declared by a function and not beforehand.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

R = TypeVar("R")
V = TypeVar("V")


@dataclass(frozen=True)
class Step:
    """A call that a worker makes.

    Attributes:
        function: Can be pickled, as can its arguments and its result.
        arguments: Its positional arguments.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class StepError(Exception):
    """A step has failed.

    Attributes:
        error: Why.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class Barrier:
    """Waits until every flow is at a barrier, too, or has ended.

    Attributes:
        function: Is called, once and by the scheduler, with the values of all flows that are at a barrier, in
            the order of the flows; it returns what each of them goes on with, in the same order.
        value: This flow's value.
    """

    function: Callable[[list[Any]], Sequence[Any]]
    value: Any


Flow = Generator[Sequence[Step] | Barrier, Any, R]
"""Declares steps and returns what they came to; `StepError` is raised where a step is yielded that fails."""

Submit = Callable[[Step], Future[Any]]


def call(function: Callable[..., R], *arguments: Any) -> Flow[R]:
    """Declare one step, which returns its result."""
    result: R
    [result] = yield [Step(function, arguments)]
    return result


def call_each(function: Callable[..., R], arguments: Iterable[tuple[Any, ...]]) -> Flow[list[R]]:
    """Declare steps that do not depend on each other; their results come in the order of the arguments."""
    results: list[R] = yield [Step(function, each) for each in arguments]
    return results


def gather(function: Callable[[list[V]], Sequence[V]], value: V) -> Flow[V]:
    """Declare a barrier; see `Barrier`."""
    result: V = yield Barrier(function, value)
    return result


@dataclass(eq=False)
class _Running(Generic[R]):
    """A flow under way.

    Attributes:
        number: Its place in the order of the flows.
        flow: The generator.
        futures: The steps that it waits for, in its order.
        barrier: That it is at.
    """

    number: int
    flow: Flow[R]
    futures: list[Future[Any]] = field(default_factory=list)
    barrier: Barrier | None = None


def run(flows: Iterable[Flow[R]], submit: Submit, *, width: int) -> Iterator[R]:
    """Run flows, `width` steps at a time; yields what each returns, in the order in which they end.

    A flow that has begun goes before those that have not, so that a run that is stopped leaves finished ones.

    Args:
        flows: In the order in which they begin.
        submit: Has a worker run a step. One that fails cancels those that its flow waits for beside it.
        width: Another flow goes on while fewer steps than that are pending.
    """
    ready: deque[tuple[_Running[R], Any]] = deque(
        (_Running(number, flow), None) for number, flow in enumerate(flows)
    )
    pending: dict[Future[Any], _Running[R]] = {}
    waiting: list[_Running[R]] = []
    while ready or pending or waiting:
        if not ready and not pending:
            ready.extend(_passed(waiting))
            waiting = []
        if ready and len(pending) < width:
            running, result = ready.popleft()
        else:
            future = next(iter(wait(pending, return_when=FIRST_COMPLETED).done))
            running = pending.pop(future)
            error = future.exception()
            if error is not None:
                _cancel(running, pending)
                result = StepError(error) if isinstance(error, Exception) else error
            elif any(other in pending for other in running.futures):
                continue
            else:
                result = [each.result() for each in running.futures]
        try:
            _advance(running, result, submit, pending, waiting)
        except StopIteration as end:
            yield end.value


def _advance(
    running: _Running[Any],
    result: Any,
    submit: Submit,
    pending: dict[Future[Any], _Running[Any]],
    waiting: list[_Running[Any]],
) -> None:
    """Resume a flow with a result or an error, and begin what it yields.

    Raises:
        StopIteration: The flow has ended; its value is what the flow returned.
    """
    flow = running.flow
    wanted = flow.throw(result) if isinstance(result, BaseException) else flow.send(result)
    running.futures = []
    if isinstance(wanted, Barrier):
        running.barrier = wanted
        waiting.append(running)
        return
    assert wanted, "a flow waits for something"
    running.futures = [submit(step) for step in wanted]
    pending.update(dict.fromkeys(running.futures, running))


def _cancel(running: _Running[Any], pending: dict[Future[Any], _Running[Any]]) -> None:
    """Forget the steps that a flow still waits for."""
    for other in running.futures:
        if pending.pop(other, None) is not None:
            other.cancel()


def _passed(waiting: Sequence[_Running[Any]]) -> list[tuple[_Running[Any], Any]]:
    """Let all flows pass the barrier that they are at; each comes with what it goes on with."""
    in_order = sorted(waiting, key=lambda running: running.number)
    barriers = [running.barrier for running in in_order if running.barrier is not None]
    assert len({barrier.function for barrier in barriers}) == 1, "one barrier at a time"
    results = barriers[0].function([barrier.value for barrier in barriers])
    return list(zip(in_order, results, strict=True))
