"""Accumulators: metrics of videos of any length, a frame at a time."""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.metric import FrameValues, Metric, Ratio
from apvg_core.metrics.uncertainty import Units, blocks

EvidenceT = TypeVar("EvidenceT")


class Series:
    """Accumulates values frame by frame, and keeps of each frame their sum and their number (16 bytes).

    From these come the pooled mean, the blocks that `uncertainty` resamples, and the course over time.
    """

    def __init__(self) -> None:
        self._sums = array("d")
        self._counts = array("d")

    def add(self, values: FrameValues) -> None:
        """Add all values of the next frame: one, many, none, or a ratio."""
        if isinstance(values, Ratio):
            total, count = values
        else:
            numbers = np.asarray(values, np.float64)
            total, count = float(numbers.sum()), numbers.size
        self._sums.append(total)
        self._counts.append(count)

    def __len__(self) -> int:
        return len(self._sums)

    @property
    def sums(self) -> npt.NDArray[np.float64]:
        """The sum of each frame's values, or its numerator [shape=(frames,)]."""
        return np.array(self._sums)

    @property
    def counts(self) -> npt.NDArray[np.float64]:
        """The number of each frame's values, or its denominator [shape=(frames,)]."""
        return np.array(self._counts)

    @property
    def per_frame(self) -> npt.NDArray[np.float64]:
        """The mean of each frame's values [shape=(frames,)]; NaN where there were none."""
        return np.divide(self.sums, self.counts, out=np.full(len(self), np.nan), where=self.counts > 0)

    @property
    def value(self) -> float | None:
        """The mean of all values of all frames; None where there were none."""
        return float(self.sums.sum() / self.counts.sum()) if self.counts.any() else None


class FrameMetrics(Generic[EvidenceT]):
    """Accumulates metrics over one recording's frames; holds no more frames than they need.

    A metric of n neighbouring frames counts as the last one's, so the first n-1 frames have no value.

    Attributes:
        series: Each metric's values, by key.
    """

    def __init__(
        self, metrics: Iterable[Metric[EvidenceT, FrameValues]], evidence: Callable[..., EvidenceT]
    ) -> None:
        """Give the metrics, and what makes their evidence of arrays whose first axis is time."""
        self._metrics = list(metrics)
        self._evidence = evidence
        self._recent: deque[Sequence[npt.NDArray[Any]]] = deque(
            maxlen=max((metric.frames for metric in self._metrics), default=1)
        )
        self.series = {metric.key: Series() for metric in self._metrics}
        self._frames = 0

    def add(self, *frame: npt.NDArray[Any]) -> None:
        """Add the next frame: the arrays that `evidence` takes, without the axis of time."""
        self._frames += 1
        self._recent.append(frame)
        windows: dict[int, EvidenceT] = {}  # what metrics share is computed once
        for metric in self._metrics:
            size = metric.frames
            if size <= len(self._recent) and size not in windows:
                windows[size] = self._evidence(*map(np.stack, zip(*self._last(size), strict=True)))
            self.series[metric.key].add(metric.measure(windows[size]) if size in windows else ())

    def _last(self, size: int) -> Iterable[Sequence[npt.NDArray[Any]]]:
        return islice(self._recent, len(self._recent) - size, None)

    def __len__(self) -> int:
        return self._frames

    def units(self, times: npt.NDArray[np.float64], duration: float) -> dict[str, Units]:
        """Return each metric's (sum, count) of each block of time [shape=(blocks, 2)], by key.

        Args:
            times: Of the frames, in seconds [shape=(frames,)].
            duration: Of the recording, in seconds.
        """
        return {k: blocks(times, s.sums, s.counts, duration=duration) for k, s in self.series.items()}

    def curves(self) -> dict[str, npt.NDArray[np.float64]]:
        """Return each frame's mean [shape=(frames,)] of the metrics that are plotted over time, by key."""
        return {m.key: self.series[m.key].per_frame for m in self._metrics if m.curve}
