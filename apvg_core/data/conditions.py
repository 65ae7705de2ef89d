"""What the networks are told of each performer, measured on the training shards that have images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.selection import filmed
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError
from apvg_core.run import Conditions

SPREAD: Final = 96
"""Frames that a plate or a mean frame is made of, at most, spread evenly over all that there are."""


def measure_conditions(root: Path, entries: Sequence[ManifestEntry], performers: Sequence[str]) -> Conditions:
    """Average keypoints (over the frames that show them), most typical frame, and plate of each performer.

    The reference is the real frame whose visible joints lie closest to the average: an image of the
    usual pose, sharp where a mean of frames would be blurred. The plate shows what a moving hand or bow hides
    only at times.

    Raises:
        ShardError: A shard is damaged, or there are no images of a performer.
    """
    averages, references, keypoints, plates = [], [], [], []
    for performer in performers:
        own = [entry for entry in filmed(entries) if entry.performer == performer]
        if not own:
            raise ShardError(f"{root} holds no pictures of {performer}; begin a run with shards of films.")
        average = _average(root, own)
        reference, places = _most_typical(root, own, average)
        averages.append(average)
        references.append(reference)
        keypoints.append(places)
        plates.append(_plate(root, own))
    return Conditions(
        np.stack(averages).astype(np.float32), np.stack(references), np.stack(keypoints), np.stack(plates)
    )


def _average(root: Path, entries: Sequence[ManifestEntry]) -> npt.NDArray[np.float64]:
    total, count = np.zeros((60, 2)), np.zeros((60, 1))
    fallback = np.zeros((60, 2))
    for entry in entries:
        with Shard(root / entry.path) as shard:
            total += (shard.keypoints * shard.visible[..., None]).sum(0)
            count += shard.visible.sum(0)[:, None]
            fallback += shard.keypoints.mean(0) / len(entries)
    return np.where(count > 0, total / np.maximum(count, 1), fallback)


def _most_typical(
    root: Path, entries: Sequence[ManifestEntry], average: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """The frame nearest to the average, and its keypoints."""
    best = (np.inf, entries[0], 0)
    for entry in entries:
        with Shard(root / entry.path) as shard:
            distance = np.linalg.norm(shard.keypoints - average, axis=2)
            seen = shard.visible.sum(1)
            # A frame that hides half of the player is no reference, however typical the rest.
            mean = (distance * shard.visible).sum(1) / np.maximum(seen, 1)
            mean = mean + (seen < 0.5 * max(1, seen.max()))
            index = int(mean.argmin())
            if mean[index] < best[0]:
                best = (float(mean[index]), entry, index)
    with Shard(root / best[1].path) as shard:
        return shard.frames(best[2], best[2] + 1)[0], shard.keypoints[best[2]]


def mean_frames(
    root: Path, entries: Sequence[ManifestEntry], performers: Sequence[str]
) -> npt.NDArray[np.uint8]:
    """Each performer's mean frame [shape=(performers, size, size, 3)]: the best image that hears nothing.

    Raises:
        ShardError: A shard is damaged.
    """
    means = []
    for performer in performers:
        own = [entry for entry in filmed(entries) if entry.performer == performer]
        means.append(np.mean(_spread(root, own or filmed(entries)), axis=0).round().astype(np.uint8))
    return np.stack(means)


def _plate(root: Path, entries: Sequence[ManifestEntry]) -> npt.NDArray[np.uint8]:
    return np.median(_spread(root, entries), axis=0).astype(np.uint8)


def _spread(root: Path, entries: Sequence[ManifestEntry]) -> list[npt.NDArray[np.uint8]]:
    """Frames from all over the recordings."""
    every = -(-sum(entry.frames for entry in entries) // SPREAD)
    frames, first = list[npt.NDArray[np.uint8]](), every // 2
    for entry in entries:
        with Shard(root / entry.path) as shard:
            frames += [shard.frames(k, k + 1)[0] for k in range(first, entry.frames, every)]
        first = (first - entry.frames) % every
    return frames
