"""What a run has to beat: two predictors that need no training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard

CHUNK = 256
"""Frames read at a time."""


def mean_frame(root: Path, training: Sequence[ManifestEntry]) -> npt.NDArray[np.uint8]:
    """The mean of all training frames [shape=(size, size, 3)]: the best image that ignores the music."""
    total: npt.NDArray[np.float64] | float = 0.0
    count = 0
    for entry in training:
        with Shard(root / entry.path) as shard:
            for start in range(0, len(shard), CHUNK):
                frames = shard.frames(start, min(start + CHUNK, len(shard)))
                total = total + frames.astype(np.float64).sum(0)
                count += len(frames)
    return np.asarray(np.rint(np.asarray(total) / count), np.uint8)


def nearest_audio(shards: Sequence[Shard], windows: npt.NDArray[np.float32]) -> list[tuple[int, int]]:
    """For each CQT window [shape=(n, 84, 87)], the frame of `shards` whose window is nearest (L2, in dB).

    Returns:
        (index of the shard, index of the frame) for each window.
    """
    queries = windows.reshape(len(windows), -1)
    query_norms = (queries**2).sum(1)
    best = np.full(len(windows), np.inf)
    places = np.zeros((len(windows), 2), np.int64)
    for index, shard in enumerate(shards):
        for start in range(0, len(shard), CHUNK):
            keys = shard.windows(start, min(start + CHUNK, len(shard)))
            keys = keys.reshape(len(keys), -1)
            distances = query_norms[:, None] - 2 * queries @ keys.T + (keys**2).sum(1)
            nearest = distances.argmin(1)
            found = distances[np.arange(len(windows)), nearest]
            closer = found < best
            best[closer] = found[closer]
            places[closer] = np.stack([np.full(closer.sum(), index), start + nearest[closer]], 1)
    return [(int(shard), int(frame)) for shard, frame in places]
