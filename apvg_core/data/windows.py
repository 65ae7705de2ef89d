"""Training samples: short sequences of frames, drawn as a pure function of (seed, step, sample).

A recording shorter than a sequence is drawn as well: its last frame is held until the sequence is full, in
silence, and marked as no frame of the recording.

Because nothing depends on what was drawn before, training can stop and go on anywhere.
"""

import logging
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from apvg_core.cores import available_cores
from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError
from apvg_core.wording import counted, listed

log = logging.getLogger(__name__)

READERS: Final = min(4, available_cores())
"""Threads that prefetch batches; decoding images lets others run."""


@dataclass(frozen=True)
class Batch:
    """Training samples: b sequences of t frames.

    Attributes:
        windows: CQT windows in dB, (b, history + t + lookahead, 84, 87) float32.
        keypoints: (b, t, 60, 2) float32 in [0, 1].
        visible: (b, t, 60) bool; False in padded frames.
        valid: Frames that are a recording's, not padding at the end of one that is too short, (b, t) bool.
        frames: (b, t, size, size, 3) uint8, or None where they were not asked for.
        performer: Index of each sequence's performer, (b,).
        shard: Index of each sequence's shard, (b,).
        start: Index of each sequence's first frame in its shard, (b,).
        sample: Number of each sequence in the whole batch, whose shares several processes draw, (b,).
    """

    windows: Tensor
    keypoints: Tensor
    visible: Tensor
    valid: Tensor
    frames: Tensor | None
    performer: Tensor
    shard: Tensor
    start: Tensor
    sample: Tensor


class SequenceSampler:
    """Draws batches from shards; every start is equally likely, of which a short recording has one.

    Args:
        root: The shard folder.
        entries: The shards to draw from.
        performers: Names in the order of the run's conditions.
        batch: Sequences a batch.
        length: Frames a sequence.
        seed: Seed of all that is drawn.
        frames: Also read the images.
        history: Also read the windows of that many frames before each sequence; silence before a recording.
        lookahead: Also read the windows of that many frames after each sequence; silence after a recording.
        least: Frames of the shortest recording that can be learned from.
        share: (k, n): draw only each batch's samples k, k + n, k + 2n, ...

    Raises:
        ShardError: Every shard is shorter than `least`.
    """

    def __init__(
        self,
        root: Path,
        entries: Sequence[ManifestEntry],
        *,
        performers: Sequence[str],
        batch: int,
        length: int,
        seed: int,
        frames: bool,
        history: int = 0,
        lookahead: int = 0,
        least: int = 2,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self._samples = range(share[0], batch, share[1])
        self._length, self._seed, self._frames = length, seed, frames
        self._history, self._lookahead = history, lookahead
        self.performers = [list(performers).index(entry.performer) for entry in entries]
        least = min(least, length)
        too_short = [entry.id for entry in entries if entry.frames < least]
        if len(too_short) == len(entries):
            raise ShardError(
                f"Every recording in {root} is shorter than {least} frames; extract longer footage."
            )
        if too_short:
            log.warning(
                "%s of fewer than %d frames left out: %s.",
                counted(len(too_short), "recording"), least, listed(too_short, 5),
            )  # fmt: skip
        starts = [max(1, entry.frames - length + 1) * (entry.frames >= least) for entry in entries]
        self._ends = list(accumulate(starts))
        self.shards = [Shard(root / entry.path) for entry in entries]
        for shard, entry in zip(self.shards, entries, strict=True):
            if (len(shard), shard.info.fps, shard.info.size) != (entry.frames, entry.fps, entry.size):
                raise ShardError(f"{shard.path} is not what the manifest says; run 'apvg extract' again.")

    def draw(self, step: int) -> Batch:
        """Draw the batch of a step."""
        generators = [np.random.default_rng([self._seed, step, sample]) for sample in self._samples]
        starts = [self._start(generator) for generator in generators]
        spans = [(self.shards[index], start, self._stop(index, start)) for index, start in starts]
        valid = torch.arange(self._length) < torch.tensor([[b - a] for _, a, b in spans])
        return Batch(
            windows=torch.from_numpy(np.stack([self._windows(*start) for start in starts])),
            keypoints=self._stack(s.keypoints[a:b] for s, a, b in spans),
            visible=self._stack(s.visible[a:b] for s, a, b in spans) & valid[..., None],
            valid=valid,
            frames=self._stack(s.frames(a, b) for s, a, b in spans) if self._frames else None,
            performer=torch.tensor([self.performers[index] for index, _ in starts]),
            shard=torch.tensor([index for index, _ in starts]),
            start=torch.tensor([start for _, start in starts]),
            sample=torch.tensor(self._samples),
        )

    def _start(self, generator: np.random.Generator) -> tuple[int, int]:
        """Draw the index of a shard and of a frame in it, every start equally likely."""
        pick = int(generator.integers(self._ends[-1]))
        index = bisect_right(self._ends, pick)
        return index, pick - (self._ends[index - 1] if index else 0)

    def _stop(self, index: int, start: int) -> int:
        """Compute the end of the frames of a sequence that a shard has."""
        return min(start + self._length, len(self.shards[index]))

    def _stack(self, sequences: Iterable[npt.NDArray[Any]]) -> Tensor:
        """Stack sequences of up to t frames [shape=(k, ...) each] as (b, t, ...)."""
        return torch.from_numpy(np.stack([hold_last(each, self._length) for each in sequences]))

    def _windows(self, index: int, start: int) -> npt.NDArray[np.float32]:
        stop = start + self._length + self._lookahead
        return self.shards[index].windows(start - self._history, stop)

    def batches(self, first_step: int, steps: int) -> Iterator[tuple[int, Batch]]:
        """Yield steps first_step..steps-1 and their batches; the next ones are prefetched by threads."""
        with ThreadPoolExecutor(READERS, "batch") as readers:
            prefetched: deque[Future[Batch]] = deque()
            coming = iter(range(first_step, steps))
            for step in range(first_step, steps):
                for later in islice(coming, READERS + 1 - len(prefetched)):
                    prefetched.append(readers.submit(self.draw, later))
                yield step, prefetched.popleft().result()


def hold_last(sequence: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """Repeat the last frame of a sequence [shape=(k, ...)] until there are `length`."""
    missing = [(0, length - len(sequence)), *[(0, 0)] * (sequence.ndim - 1)]
    return np.pad(sequence, missing, mode="edge") if len(sequence) < length else sequence
