"""Items made in a thread before they are asked for, so that stages of the pipeline work side by side."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

_END: Any = object()


def prefetch(items: Iterable[T], count: int = 2) -> Generator[T]:
    """Yield the same items, made in a thread of its own, up to `count` of them before they are asked for.

    An error comes where it would have come. Whoever stops listening stops the thread, after the item at hand.
    """
    iterator = iter(items)
    pool, at_work = ThreadPoolExecutor(1), Lock()

    def make() -> T:
        with at_work:
            return next(iterator, _END)

    try:
        pending = deque(pool.submit(make) for _ in range(count))
        while (item := pending.popleft().result()) is not _END:
            pending.append(pool.submit(make))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
        close = getattr(iterator, "close", None)
        if close is not None:
            with at_work:  # the pool does not know a thread in whose start we were interrupted
                close()
