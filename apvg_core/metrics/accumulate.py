"""Accumulators: metrics of films of any length, a frame or a portion at a time."""

from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass
class Mean:
    """Accumulates a mean of values that come in portions."""

    total: float = 0.0
    count: int = 0

    def add(self, values: npt.ArrayLike) -> None:
        """Add one value or many."""
        numbers = np.asarray(values, np.float64)
        self.total += float(numbers.sum())
        self.count += numbers.size

    @property
    def value(self) -> float | None:
        """The mean; None where there was nothing to average."""
        return self.total / self.count if self.count else None


class Series:
    """Accumulates values frame by frame, and keeps of each frame their sum and their number (16 bytes).

    From these come the pooled mean, the blocks that `uncertainty` resamples, and the course over time.
    """

    def __init__(self) -> None:
        self._sums = array("d")
        self._counts = array("q")

    def add(self, values: npt.ArrayLike) -> None:
        """Add all values of the next frame: one, many or none."""
        numbers = np.asarray(values, np.float64)
        self._sums.append(float(numbers.sum()))
        self._counts.append(numbers.size)

    def __len__(self) -> int:
        return len(self._sums)

    @property
    def sums(self) -> npt.NDArray[np.float64]:
        """The sum of each frame's values [shape=(frames,)]."""
        return np.array(self._sums)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many values each frame had [shape=(frames,)]."""
        return np.array(self._counts)

    @property
    def per_frame(self) -> npt.NDArray[np.float64]:
        """The mean of each frame's values [shape=(frames,)]; NaN where there were none."""
        return np.divide(self.sums, self.counts, out=np.full(len(self), np.nan), where=self.counts > 0)

    @property
    def value(self) -> float | None:
        """The mean of all values of all frames; None where there were none."""
        return float(self.sums.sum() / self.counts.sum()) if self.counts.any() else None


class Sliding:
    """Accumulates a metric of neighbouring frames; holds no more frames than it needs. One recording each.

    The value of frames i-n+1 to i counts as frame i's, so the first n-1 frames have none.

    Attributes:
        series: The values.
    """

    def __init__(self, metric: Callable[..., npt.ArrayLike], frames: int) -> None:
        """Give a metric of arrays whose first axis is time, and n, the number of frames that it wants."""
        self.series = Series()
        self._metric = metric
        self._recent: deque[tuple[npt.NDArray[Any], ...]] = deque(maxlen=frames)

    def add(self, *frame: npt.NDArray[Any]) -> None:
        """Add the next frame: one array for each argument of the metric, without the axis of time."""
        self._recent.append(frame)
        whole = len(self._recent) == self._recent.maxlen
        self.series.add(self._metric(*map(np.stack, zip(*self._recent, strict=True))) if whole else ())
