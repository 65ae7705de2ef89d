"""Timing of the parts of a step: reading data, forward, backward, optimiser, records."""

import time
from typing import Final

PARTS: Final = ("data", "forward", "backward", "optimiser", "records")

WARM_UP: Final = 5
"""Steps that rates leave out: libraries load, kernels are chosen, caches fill."""


class StepTimes:
    """A stopwatch that is read at the end of each part of a step.

    Args:
        first_step: Number of the first step that is timed.
    """

    def __init__(self, first_step: int) -> None:
        self._first = self._rated_from = first_step
        self._started = self._rated_since = self._clock = time.perf_counter()
        self._seconds = dict.fromkeys(PARTS, 0.0)
        """Of the steps from `_rated_from` on."""

    def add(self, part: str) -> None:
        """Count the time since the last call as one part's."""
        now = time.perf_counter()
        self._seconds[part] += now - self._clock
        self._clock = now

    def end_step(self, steps_done: int, *, last: bool) -> None:
        """Count the rest of a step as its records; once the first `WARM_UP` steps are done, start over."""
        self.add("records")
        if steps_done - self._first == WARM_UP and not last:
            self._seconds = dict.fromkeys(PARTS, 0.0)
            self._rated_from, self._rated_since = steps_done, self._clock

    def elapsed(self) -> float:
        """Seconds since the stopwatch was made."""
        return time.perf_counter() - self._started

    def rates(self, steps_done: int, frames_a_step: int) -> dict[str, float]:
        """Frames a second and the share of time that is waiting for data; empty during the warm-up."""
        if self._rated_from == self._first:
            return {}
        seconds = time.perf_counter() - self._rated_since
        frames = (steps_done - self._rated_from) * frames_a_step
        return {"frames/s": frames / seconds, "% waiting": 100 * self._seconds["data"] / seconds}

    def milliseconds_a_step(self, steps_done: int) -> dict[str, float]:
        """Mean of each part over the steps that are not warm-up; empty where no step was timed."""
        steps = steps_done - self._rated_from
        return {part: round(1000 * seconds / steps, 2) for part, seconds in self._seconds.items() if steps}
