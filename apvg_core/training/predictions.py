"""What the frozen KHP and CVG say of the training recordings: the STU's input (Eq. 5: K_pred, V_coarse).

They are run over each whole recording once, by the same code as at generation, so the STU is trained
on just what it will get, far into a song as well. The result is kept beside the checkpoint.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from apvg_core.data.shards import Shard
from apvg_core.data.windows import Batch
from apvg_core.files import write_json
from apvg_core.generation.pipeline import BLOCK_FRAMES, coarse_blocks
from apvg_core.generation.runtime import Networks
from apvg_core.models.layers import image_to_tensor, tensor_to_image
from apvg_core.progress import Progress


class Predictions:
    """Keypoints and coarse frames of every shard, read from disk as they are asked for.

    Args:
        folder: Where they are kept.
        networks: With the trained KHP and CVG.
        shards: Of the training recordings.
        checksums: Of the shards, in their order.
        performers: Index of each shard's performer.
        seed: Of z.
        on_progress: Called after each block of frames.
    """

    def __init__(
        self,
        folder: Path,
        networks: Networks,
        shards: Sequence[Shard],
        checksums: Sequence[str],
        performers: Sequence[int],
        *,
        seed: int,
        on_progress: Progress,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        fingerprint = _fingerprint(networks, checksums, seed)
        stamp = folder / "made_from.json"
        if not (stamp.exists() and json.loads(stamp.read_text()) == fingerprint):
            stamp.unlink(missing_ok=True)
            done, total = 0, sum(len(shard) for shard in shards)
            for shard, performer in zip(shards, performers, strict=True):
                size = networks.info.size // networks.cvg.config.downscale
                keypoints = np.lib.format.open_memmap(
                    folder / f"{shard.info.id}.keypoints.npy", "w+", np.float32, (len(shard), 60, 2)
                )
                coarse = np.lib.format.open_memmap(
                    folder / f"{shard.info.id}.coarse.npy", "w+", np.uint8, (len(shard), size, size, 3)
                )
                at = 0
                for block in coarse_blocks(networks, _windows(shard), performer=performer, seed=seed):
                    end = at + len(block.keypoints)
                    keypoints[at:end] = block.keypoints.cpu().numpy()
                    coarse[at:end] = tensor_to_image(block.coarse).cpu().numpy()
                    done += end - at
                    at = end
                    on_progress("predict khp, cvg", done, total)
                keypoints.flush()
                coarse.flush()
            write_json(stamp, fingerprint)
        self._keypoints = [np.load(folder / f"{s.info.id}.keypoints.npy", mmap_mode="r") for s in shards]
        self._coarse = [np.load(folder / f"{s.info.id}.coarse.npy", mmap_mode="r") for s in shards]

    def of(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Coarse frames (b, t, 3, h, w) in [0, 1] and keypoints (b, t, 60, 2) of a batch."""
        length = batch.windows.shape[1]
        places = list(zip(batch.shard.tolist(), batch.start.tolist(), strict=True))
        coarse = np.stack([self._coarse[shard][start : start + length] for shard, start in places])
        keypoints = np.stack([self._keypoints[shard][start : start + length] for shard, start in places])
        return image_to_tensor(torch.from_numpy(coarse)), torch.from_numpy(keypoints)


def _windows(shard: Shard) -> Iterator[npt.NDArray[np.float32]]:
    for start in range(0, len(shard), BLOCK_FRAMES):
        yield shard.windows(start, min(start + BLOCK_FRAMES, len(shard)))


def _fingerprint(networks: Networks, checksums: Sequence[str], seed: int) -> dict[str, object]:
    """What the predictions depend on: the weights, the shards, the seed."""
    digest = hashlib.sha256()
    for network in (networks.khp, networks.cvg):
        for tensor in network.state_dict().values():
            digest.update(tensor.cpu().numpy().tobytes())
    return {"weights": digest.hexdigest(), "shards": list(checksums), "seed": seed}
