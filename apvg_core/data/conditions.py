"""Conditions of a run: what the networks are given of each performer, measured on the training shards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.selection import filmed
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError
from apvg_core.run.conditions import Conditions

SPREAD: Final = 96
"""Largest number of frames that a plate or a mean frame is made of, spread evenly over all."""


def measure_conditions(root: Path, entries: Sequence[ManifestEntry], performers: Sequence[str]) -> Conditions:
    """Measure each performer's average keypoints, most typical frame (the reference) and plate.

    Keypoints are averaged over the frames in which they are visible.

    The reference is the real frame whose visible joints lie closest to the average, each weighed by how
    often it is visible: an image of the usual pose, sharp where a mean of frames would be blurred. The plate
    shows what a moving hand or bow hides only at times.

    Raises:
        ShardError: A shard is damaged, or there are no images of a performer.
    """
    averages, references, keypoints, plates = [], [], [], []
    for performer in performers:
        own = [entry for entry in filmed(entries) if entry.performer == performer]
        if not own:
            raise ShardError(f"{root} holds no pictures of {performer}; begin a run with shards of films.")
        average, seen = _average(root, own)
        reference, reference_keypoints = _most_typical(root, own, average, seen)
        averages.append(average)
        references.append(reference)
        keypoints.append(reference_keypoints)
        plates.append(_plate(root, own))
    return Conditions(
        np.stack(averages).astype(np.float32), np.stack(references), np.stack(keypoints), np.stack(plates)
    )


def _average(
    root: Path, entries: Sequence[ManifestEntry]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The average keypoints [shape=(60, 2)], and the share of frames that show each joint [shape=(60,)].

    The average of a joint never visible is that of the places that were filled in.
    """
    total, count = np.zeros((60, 2)), np.zeros((60, 1))
    fallback = np.zeros((60, 2))
    for entry in entries:
        with Shard(root / entry.path) as shard:
            total += (shard.keypoints * shard.visible[..., None]).sum(0)
            count += shard.visible.sum(0)[:, None]
            fallback += shard.keypoints.mean(0) / len(entries)
    share = count[:, 0] / sum(entry.frames for entry in entries)
    return np.where(count > 0, total / np.maximum(count, 1), fallback), share


def _most_typical(
    root: Path,
    entries: Sequence[ManifestEntry],
    average: npt.NDArray[np.float64],
    seen: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """The frame (size, size, 3) nearest to the average [shape=(60, 2)], and its keypoints [shape=(60, 2)].

    A joint weighs as much as the share of frames that show it [shape=(60,)].
    """
    best = (np.inf, entries[0], 0)
    for entry in entries:
        with Shard(root / entry.path) as shard:
            distance = np.linalg.norm(shard.keypoints - average, axis=2)
            weight = shard.visible * seen
            visible = weight.sum(1)
            mean = (distance * weight).sum(1) / np.maximum(visible, np.finfo(float).tiny)
            # A frame that hides half of what is usually seen is no reference, however typical the rest.
            mean = mean + (visible < 0.5 * seen.sum())
            index = int(mean.argmin())
            if mean[index] < best[0]:
                best = (float(mean[index]), entry, index)
    with Shard(root / best[1].path) as shard:
        return shard.frames(best[2], best[2] + 1)[0], shard.keypoints[best[2]]


def mean_frames(
    root: Path, entries: Sequence[ManifestEntry], performers: Sequence[str]
) -> npt.NDArray[np.uint8]:
    """Average each performer's frames [shape=(performers, size, size, 3)]: the best image without sound.

    Raises:
        ShardError: A shard is damaged.
    """
    means = []
    for performer in performers:
        own = [entry for entry in filmed(entries) if entry.performer == performer]
        means.append(np.mean(_spread(root, own or filmed(entries)), axis=0).round().astype(np.uint8))
    return np.stack(means)


def _plate(root: Path, entries: Sequence[ManifestEntry]) -> npt.NDArray[np.uint8]:
    """The median of frames from all over the recordings [shape=(size, size, 3)]."""
    return np.median(_spread(root, entries), axis=0).astype(np.uint8)


def _spread(root: Path, entries: Sequence[ManifestEntry]) -> list[npt.NDArray[np.uint8]]:
    """Frames [shape=(size, size, 3) each] spread evenly over the recordings."""
    every = -(-sum(entry.frames for entry in entries) // SPREAD)
    frames, first = list[npt.NDArray[np.uint8]](), every // 2
    for entry in entries:
        with Shard(root / entry.path) as shard:
            frames += [shard.frames(k, k + 1)[0] for k in range(first, entry.frames, every)]
        first = (first - entry.frames) % every
    return frames
