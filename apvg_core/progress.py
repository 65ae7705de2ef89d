"""Progress leaves the core, which never prints, through a callback; the command line draws it."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then while something long runs; calls may be many, so they should be cheap."""

    def __call__(self, task: str, done: float, total: float, /, **facts: float) -> None:
        """Report `done` of `total` units of `task`, with named numbers worth showing (losses, rates).

        Of these, `later` are the seconds that what comes after the task will take.
        """


def silent(task: str, done: float, total: float, /, **facts: float) -> None:
    """Report nothing."""
