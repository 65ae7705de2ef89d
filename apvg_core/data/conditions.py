"""What the networks are told of each performer, measured on the training shards."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.run import Conditions


def measure_conditions(root: Path, entries: Sequence[ManifestEntry], performers: Sequence[str]) -> Conditions:
    """Average keypoints (over the frames that show them) and the most typical frame of each performer.

    The reference is the real frame whose visible joints lie closest to the average: a picture of the
    usual pose, sharp where a mean of frames would be blurred.

    Raises:
        ShardError: A shard is damaged.
    """
    averages, references, keypoints = [], [], []
    for performer in performers:
        own = [entry for entry in entries if entry.performer == performer]
        total, count = np.zeros((60, 2)), np.zeros((60, 1))
        fallback = np.zeros((60, 2))
        for entry in own:
            with Shard(root / entry.path) as shard:
                total += (shard.keypoints * shard.visible[..., None]).sum(0)
                count += shard.visible.sum(0)[:, None]
                fallback += shard.keypoints.mean(0) / len(own)
        average = np.where(count > 0, total / np.maximum(count, 1), fallback)

        best = (np.inf, own[0], 0)
        for entry in own:
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
            references.append(shard.frames(best[2], best[2] + 1)[0])
            keypoints.append(shard.keypoints[best[2]])
        averages.append(average)
    return Conditions(np.stack(averages).astype(np.float32), np.stack(references), np.stack(keypoints))
