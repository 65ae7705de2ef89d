"""Statistics of the training set's sound, by which audio encoders standardise their windows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.units import CQT_BINS

Floats = npt.NDArray[np.float32]


def window_statistics(root: Path, entries: Sequence[ManifestEntry]) -> tuple[Floats, float]:
    """Measure the mean of each CQT bin, and the standard deviation of all bins around their means.

    One deviation for all: a bin that rarely sounds in training would else be blown up wherever it does sound.

    Args:
        root: The shard folder.
        entries: The training shards.

    Returns:
        The means [shape=(84,)] and the deviation, in dB; it is 1 where all is silence.

    Raises:
        ShardError: A shard is damaged.
    """
    total, squares, count = np.zeros(CQT_BINS), np.zeros(CQT_BINS), 0
    for entry in entries:
        with Shard(root / entry.path) as shard:
            columns = shard.middle_columns().astype(np.float64)
        total += columns.sum(0)
        squares += np.square(columns).sum(0)
        count += len(columns)
    mean = total / count
    variance = float(np.mean(squares / count - mean**2))
    return mean.astype(np.float32), variance**0.5 if variance > 1e-6 else 1.0


def spread_windows(root: Path, entries: Sequence[ManifestEntry], count: int) -> Floats:
    """Read about `count` windows, spread evenly over the recordings [shape=(n, 84, 87)].

    Raises:
        ShardError: A shard is damaged.
    """
    every = max(1, sum(entry.frames for entry in entries) // count)
    windows, first = list[Floats](), every // 2
    for entry in entries:
        with Shard(root / entry.path) as shard:
            windows += [shard.windows(k, k + 1) for k in range(first, entry.frames, every)]
        first = (first - entry.frames) % every
    return np.concatenate(windows)
