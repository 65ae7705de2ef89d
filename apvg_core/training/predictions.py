"""Predictions of the frozen KHP and CVG for the training recordings: the STU's input (Eq. 5).

They are run over each whole recording once, by the same code as at generation, so the STU is trained
on just what it will get, far into a song as well. The result is kept beside the checkpoint.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.data.windows import Batch, SequenceSampler, hold_last
from apvg_core.errors import RunError
from apvg_core.files import read_json, write_json
from apvg_core.generation.pipeline import coarse_blocks
from apvg_core.layers.blocks import image_to_tensor, tensor_to_image
from apvg_core.progress import Progress
from apvg_core.runtime.load import Networks
from apvg_core.stages.spec import BLOCK_FRAMES
from apvg_core.training import parallel
from apvg_core.training.checkpoint import state_folder
from apvg_core.training.setup import TrainingSetup


class Predictions:
    """Keypoints and coarse frames of every shard, read from disk as they are asked for.

    Args:
        setup: The training; they are kept beside its checkpoints, and its seed is z's.
        networks: With the trained KHP and CVG, as far as the recipe has them.
        sampler: Whose batches will be asked for.
        entries: The sampler's shards.
        needed: Indices of those that will be asked for.
        on_progress: Called after each block of frames.
    """

    def __init__(
        self,
        setup: TrainingSetup,
        networks: Networks,
        sampler: SequenceSampler,
        entries: Sequence[ManifestEntry],
        needed: Collection[int],
        *,
        on_progress: Progress,
    ) -> None:
        folder = state_folder(setup.run, setup.stage) / "predicted"
        for index in sorted(needed):
            shard, entry, performer = sampler.shards[index], entries[index], sampler.performers[index]
            made_from = {"inputs": setup.inputs, "shard": entry.sha256, "seed": setup.seed}
            stamp = folder / f"{entry.id}.json"
            arrays = _arrays(folder, networks, shard)
            if parallel.rank() == 0 and not (_says(stamp, made_from) and all(map(_is_whole, arrays))):
                with _explained(folder):
                    folder.mkdir(parents=True, exist_ok=True)
                    stamp.unlink(missing_ok=True)
                    _predict(arrays, networks, shard, performer, setup.seed, on_progress)
                    write_json(stamp, made_from)
        parallel.barrier()
        self._keypoints, self._coarse = (
            {k: np.load(folder / f"{entries[k].id}.{kind}.npy", mmap_mode="r") for k in needed}
            if network
            else None
            for kind, network in (("keypoints", networks.khp), ("coarse", networks.cvg))
        )

    def read(self, batch: Batch) -> tuple[Tensor | None, Tensor | None]:
        """Read coarse frames (b, t, 3, h, w) in [0, 1] and keypoints (b, t, 60, 2) of a batch."""
        length = batch.keypoints.shape[1]
        starts = list(zip(batch.shard.tolist(), batch.start.tolist(), strict=True))

        def stack(arrays: Mapping[int, npt.NDArray[Any]] | None) -> Tensor | None:
            if arrays is None:
                return None
            drawn = (arrays[shard][at : at + length] for shard, at in starts)
            return torch.from_numpy(np.stack([hold_last(each, length) for each in drawn]))

        coarse = stack(self._coarse)
        return None if coarse is None else image_to_tensor(coarse), stack(self._keypoints)


@dataclass(frozen=True)
class _Array:
    """A shard's predictions of one kind, a file of their own."""

    kind: str
    path: Path
    dtype: type[np.generic]
    shape: tuple[int, ...]

    def create(self) -> np.memmap[Any, Any]:
        """Create a new one with its room taken: where the disk is full, writing to a map ends the process."""
        array = np.lib.format.open_memmap(self.path, "w+", self.dtype, self.shape)
        if hasattr(os, "posix_fallocate"):
            with self.path.open("r+b") as handle:
                os.posix_fallocate(handle.fileno(), 0, self.path.stat().st_size)
        return array


def _arrays(folder: Path, networks: Networks, shard: Shard) -> list[_Array]:
    """List the arrays of a shard: keypoints and coarse frames, as far as there are networks for them."""
    name, count, arrays = shard.info.id, len(shard), []
    if networks.khp:
        arrays.append(_Array("keypoints", folder / f"{name}.keypoints.npy", np.float32, (count, 60, 2)))
    if networks.cvg:
        assert networks.info.recipe.cvg is not None
        size = networks.info.recipe.cvg.coarse_size(networks.info.size)
        arrays.append(_Array("coarse", folder / f"{name}.coarse.npy", np.uint8, (count, size, size, 3)))
    return arrays


def _says(stamp: Path, made_from: Mapping[str, Any]) -> bool:
    try:
        return bool(read_json(stamp) == made_from)
    except (OSError, ValueError):
        return False


def _is_whole(array: _Array) -> bool:
    try:
        found = np.load(array.path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return False
    return bool(found.shape == array.shape and found.dtype == array.dtype)


def _predict(
    files: Sequence[_Array],
    networks: Networks,
    shard: Shard,
    performer: int,
    seed: int,
    on_progress: Progress,
) -> None:
    """Write the predictions of one shard."""
    arrays = {array.kind: array.create() for array in files}
    count = len(shard)
    at = 0
    for block in coarse_blocks(networks, _windows(shard), performer=performer, seed=seed):
        end = at + len(block.windows)
        if block.keypoints is not None:
            arrays["keypoints"][at:end] = block.keypoints
        if block.coarse is not None:
            arrays["coarse"][at:end] = tensor_to_image(torch.from_numpy(block.coarse)).numpy()
        at = end
        on_progress(f"predict {shard.info.id}", at, count)
    for array in arrays.values():
        array.flush()


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn a full disk into a sentence about the folder."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"{error.filename or folder} cannot be written ({error.strerror}); "
            "make room or choose another --run."
        ) from error


def _windows(shard: Shard) -> Iterator[npt.NDArray[np.float32]]:
    for start in range(0, len(shard), BLOCK_FRAMES):
        yield shard.windows(start, min(start + BLOCK_FRAMES, len(shard)))
