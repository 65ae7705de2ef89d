import threading
import time
from collections.abc import Iterator

import pytest

from apvg_core.generation.prefetch import prefetch


def test_the_same_items_from_another_thread() -> None:
    threads = set()

    def items() -> Iterator[int]:
        for number in range(20):
            threads.add(threading.current_thread())
            yield number

    assert list(prefetch(items())) == list(range(20))
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_no_further_ahead_than_told() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    listening = prefetch(items(), count=3)
    assert next(listening) == 0
    time.sleep(0.2)
    assert len(made) <= 4
    listening.close()


def test_an_error_comes_where_it_would_have_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    listening = prefetch(items())
    assert next(listening) == 1
    with pytest.raises(ZeroDivisionError):
        next(listening)


def test_whoever_stops_listening_stops_all_threads() -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    before = threading.active_count()
    listening = prefetch(number + 1 for number in prefetch(items()))
    assert next(listening) == 1
    listening.close()
    assert threading.active_count() == before
    assert closed == [True]


def test_an_interruption_while_the_thread_starts_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, start = threading.Event(), threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        begun.wait()
        raise KeyboardInterrupt

    def items() -> Iterator[int]:
        begun.set()
        time.sleep(0.2)
        yield 1

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(prefetch(items()))
