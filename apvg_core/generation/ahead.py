"""Stages of the pipeline at work at the same time."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

_END: Any = object()


def ahead(items: Iterable[T], count: int = 2) -> Generator[T]:
    """The same items, made in a thread of its own, up to `count` of them before they are asked for.

    An error comes where it would have come. Whoever stops listening stops the thread, after the item at hand.
    """
    iterator = iter(items)
    pool = ThreadPoolExecutor(1)
    try:
        pending = deque(pool.submit(next, iterator, _END) for _ in range(count))
        while (item := pending.popleft().result()) is not _END:
            pending.append(pool.submit(next, iterator, _END))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
