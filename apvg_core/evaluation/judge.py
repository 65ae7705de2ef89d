"""A run's discriminator as a judge of any system's frames: do they belong to the sound?"""

import math
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from apvg_core.data.shards import Shard
from apvg_core.layers.blocks import image_to_tensor
from apvg_core.metrics.sync import Synchrony
from apvg_core.runtime.pytorch import load_discriminator
from apvg_core.units import WINDOW_SECONDS

BLOCK: Final = 32
"""Frames that are judged at once."""


class Judge:
    """Compares the frames of a recording with its sound.

    Args:
        run: Run folder.

    Raises:
        RunError: The run is damaged, or has no discriminator.
    """

    def __init__(self, run: Path) -> None:
        self._discriminator = load_discriminator(run)
        self._waiting: list[npt.NDArray[np.uint8]] = []
        self._seen: list[Tensor] = []

    def add(self, frame: npt.NDArray[np.uint8]) -> None:
        """Add the next frame [shape=(size, size, 3)]."""
        self._waiting.append(frame)
        if len(self._waiting) == BLOCK:
            self._look()

    @property
    def has_seen(self) -> bool:
        """True if any frames were added."""
        return bool(self._waiting or self._seen)

    @torch.inference_mode()
    def _look(self) -> None:
        if self._waiting:
            frames = image_to_tensor(torch.from_numpy(np.stack(self._waiting)))
            self._seen.append(self._discriminator(frames)[1])
            self._waiting.clear()

    @torch.inference_mode()
    def synchrony(self, shard: Shard) -> Synchrony:
        """Compare all frames that were added, which are the recording's in number, with its sound."""
        self._look()
        seen = torch.cat(self._seen)
        heard = torch.cat([
            self._discriminator.hear(torch.from_numpy(shard.windows(first, min(first + BLOCK, len(shard)))))
            for first in range(0, len(shard), BLOCK)
        ])  # fmt: skip
        shift = math.ceil(WINDOW_SECONDS * shard.info.fps)  # whose windows have nothing in common

        def logits(by: int) -> npt.NDArray[np.float64]:
            """Logits of each frame with the sound so many frames later."""
            result = np.full(len(seen), np.nan)
            first, stop = max(0, -by), min(len(seen), len(seen) - by)
            if stop > first:
                pairing = self._discriminator.paired(seen[first:stop], heard[first + by : stop + by])
                result[first:stop] = pairing.numpy()
            return result

        return Synchrony(logits(0), logits(-shift), logits(shift), shard.info.fps)
