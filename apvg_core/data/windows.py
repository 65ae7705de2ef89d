"""Training samples: short sequences of frames, drawn as a pure function of (seed, step, sample).

Because nothing depends on what was drawn before, training can stop and go on anywhere.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError


@dataclass(frozen=True)
class Batch:
    """b sequences of t frames.

    Attributes:
        windows: CQT windows in dB, (b, t, 84, 87) float32.
        keypoints: (b, t, 60, 2) float32 in [0, 1].
        visible: (b, t, 60) bool.
        frames: (b, t, size, size, 3) uint8, or None where they were not asked for.
        performer: Index of each sequence's performer, (b,).
        shard: Index of each sequence's shard, (b,).
        start: Index of each sequence's first frame in its shard, (b,).
    """

    windows: Tensor
    keypoints: Tensor
    visible: Tensor
    frames: Tensor | None
    performer: Tensor
    shard: Tensor
    start: Tensor


class SequenceSampler:
    """Draws batches from shards; every start of every long enough shard is equally likely.

    Args:
        root: The shard folder.
        entries: The shards to draw from.
        performers: Names in the order of the run's conditions.
        batch: Sequences a batch.
        length: Frames a sequence.
        seed: Of all that is drawn.
        frames: Also read the pictures.

    Raises:
        ShardError: Every shard is shorter than one sequence.
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
    ) -> None:
        self._batch, self._length, self._seed, self._frames = batch, length, seed, frames
        self.performers = [list(performers).index(entry.performer) for entry in entries]
        starts = [max(0, entry.frames - length + 1) for entry in entries]
        if not sum(starts):
            raise ShardError(
                f"Every recording in {root} is shorter than the {length} frames of one training sequence; "
                "extract longer footage."
            )
        self._ends = list(accumulate(starts))
        self.shards = [Shard(root / entry.path) for entry in entries]
        for shard, entry in zip(self.shards, entries, strict=True):
            if len(shard) != entry.frames:
                raise ShardError(f"{shard.path} is not what the manifest says; run 'apvg extract' again.")

    def draw(self, step: int) -> Batch:
        """The batch of a step."""
        rng = np.random.default_rng([self._seed, step])
        picks = rng.integers(self._ends[-1], size=self._batch)
        places = []
        for pick in picks:
            index = bisect_right(self._ends, int(pick))
            places.append((index, int(pick) - (self._ends[index - 1] if index else 0)))
        spans = [(self.shards[index], start, start + self._length) for index, start in places]
        return Batch(
            windows=torch.from_numpy(np.stack([s.windows(a, b) for s, a, b in spans])),
            keypoints=torch.from_numpy(np.stack([s.keypoints[a:b] for s, a, b in spans])),
            visible=torch.from_numpy(np.stack([s.visible[a:b] for s, a, b in spans])),
            frames=torch.from_numpy(np.stack([s.frames(a, b) for s, a, b in spans]))
            if self._frames
            else None,
            performer=torch.tensor([self.performers[index] for index, _ in places]),
            shard=torch.tensor([index for index, _ in places]),
            start=torch.tensor([start for _, start in places]),
        )

    def batches(self, first_step: int, steps: int) -> Iterator[tuple[int, Batch]]:
        """Batches of steps first_step..steps-1, each read while the one before is worked on."""
        with ThreadPoolExecutor(1, "batch") as reader:
            ahead: Future[Batch] = reader.submit(self.draw, first_step)
            for step in range(first_step, steps):
                batch = ahead.result()
                if step + 1 < steps:
                    ahead = reader.submit(self.draw, step + 1)
                yield step, batch
