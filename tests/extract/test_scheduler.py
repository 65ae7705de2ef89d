"""Flows of steps: what depends on what, failures, barriers, and who goes first."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from apvg_core.extract.scheduler import StepError, call, call_each, gather, run


def double(number):
    return 2 * number


def fail(message):
    raise ValueError(message)


def interrupt():
    raise KeyboardInterrupt


def at_once(log=None):
    """Runs every step when it is submitted."""

    def submit(step):
        future = Future()
        if log is not None:
            log.append((step.function.__name__, *step.arguments))
        try:
            future.set_result(step.function(*step.arguments))
        except (ValueError, KeyboardInterrupt) as error:
            future.set_exception(error)
        return future

    return submit


def test_a_step_gets_what_the_steps_before_came_to():
    def flow(number):
        doubled = yield from call(double, number)
        several = yield from call_each(double, [(doubled + k,) for k in range(3)])
        return sum(several)

    assert sorted(run([flow(1), flow(10)], at_once(), width=1)) == [2 * (2 + 3 + 4), 2 * (20 + 21 + 22)]


def test_a_failure_ends_its_own_flow_only():
    def flow(number):
        try:
            yield from call(fail if number == 1 else double, number)
        except StepError as failed:
            return f"failed: {failed.error!r}"
        return "done"

    assert sorted(run(map(flow, range(3)), at_once(), width=2)) == ["done", "done", "failed: ValueError(1)"]


def test_a_failure_cancels_the_steps_beside_it():
    futures = []

    def submit(step):
        futures.append(Future())
        if len(futures) == 2:
            futures[-1].set_exception(ValueError("bad"))
        return futures[-1]

    def flow():
        try:
            yield from call_each(double, [(1,), (2,), (3,)])
        except StepError as failed:
            return str(failed)

    assert list(run([flow()], submit, width=1)) == ["bad"]
    assert [future.cancelled() for future in futures] == [True, False, True]


def test_an_interruption_ends_everything():
    def flow():
        try:
            yield from call(interrupt)
        except StepError:
            return "went on"

    with pytest.raises(KeyboardInterrupt):
        list(run([flow()], at_once(), width=1))


def test_at_a_barrier_all_meet_that_have_not_ended():
    met = []

    def ranks(values):
        met.append(list(values))
        return [sorted(values).index(value) for value in values]

    def flow(number):
        if number == 2:
            return "ended"
        doubled = yield from call(double, number)
        rank = yield from gather(ranks, -doubled)
        return number, rank, (yield from call(double, rank))

    results = list(run(map(flow, [1, 2, 5, 3]), at_once(), width=4))
    assert results[0] == "ended"
    assert sorted(results[1:]) == [(1, 2, 4), (3, 1, 2), (5, 0, 0)]
    assert met == [[-2, -10, -6]]  # once, in the order of the flows


def test_what_has_begun_is_finished_before_the_next_begins():
    log = []

    def flow(number):
        yield from call(double, number)
        yield from call_each(double, [(number,), (number,)])
        return number

    assert list(run(map(flow, range(3)), at_once(log), width=1)) == [0, 1, 2]
    assert [number for _, number in log] == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_so_many_steps_at_a_time():
    running, most = [], []

    def work(number):
        running.append(number)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(number)

    def flow(number):
        yield from call(work, number)
        return number

    with ThreadPoolExecutor(8) as pool:
        submit = lambda step: pool.submit(step.function, *step.arguments)  # noqa: E731
        assert sorted(run(map(flow, range(8)), submit, width=3)) == list(range(8))
    assert 1 <= max(most) <= 3
