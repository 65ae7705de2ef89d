"""What VGG-19 perceives in a recording's frames and in what was generated, by the layers of Eq. 7."""

from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from apvg_core.layers.blocks import image_to_tensor
from apvg_core.layers.vgg import LAYOUT, VGGFeatures, VGGWeights, find_weights
from apvg_core.metrics.perceptual import Perceived
from apvg_core.stages.stu.losses import perceptual_loss

PER_SECOND: Final = 2
"""Frames a second that are compared: neighbours differ little, and the network costs more than all others."""


class VGGFile(NamedTuple):
    """A file with a pretrained VGG-19.

    Attributes:
        path: Where it lies.
        sha256: Its checksum.
    """

    path: Path
    sha256: str


@lru_cache(maxsize=1)
def _features(file: VGGFile) -> VGGFeatures:
    """Load a VGG-19, once for all recordings.

    Raises:
        ConfigError: The file is no VGG-19.
    """
    found = find_weights(file.path)
    assert found is not None, "a file that is named is read or refused"
    return VGGFeatures(found, len(LAYOUT))


class PerceptualDistances:
    """Compares frames of one recording: at full size, by the first convolution of each block (Eq. 7).

    Args:
        file: A pretrained VGG-19; its blocks are compared as far as the file has them.
        fps: Frames a second.

    Raises:
        ConfigError: The file is no VGG-19.
    """

    def __init__(self, file: VGGFile, fps: float) -> None:
        self._vgg, self._fps = _features(file), fps
        self._count = 0
        self._times: list[float] = []
        self._distances: list[float] = []

    @torch.inference_mode()
    def add(self, real: npt.NDArray[np.uint8], generated: npt.NDArray[np.uint8]) -> None:
        """Add the next frame of both [shape=(size, size, 3)]."""
        if self._count * PER_SECOND // self._fps > (self._count - 1) * PER_SECOND // self._fps:
            pair = image_to_tensor(torch.from_numpy(np.stack([real, generated])))
            features = self._vgg(pair.contiguous(memory_format=torch.channels_last))
            apart = perceptual_loss([each[1:] for each in features], [each[:1] for each in features])
            self._times.append(self._count / self._fps)
            self._distances.append(float(apart))
        self._count += 1

    @property
    def perceived(self) -> Perceived:
        """The distances of the frames that were compared."""
        return Perceived(np.array(self._times), np.array(self._distances))


def compared_layers(weights: VGGWeights) -> str:
    """Return the layers whose features are compared, and their file: "conv1_1, conv2_1 of vgg19.pth"."""
    names = VGGFeatures(weights, len(LAYOUT)).names
    return f"{', '.join(name for name in names if name.endswith('_1'))} of {weights.origin}"
