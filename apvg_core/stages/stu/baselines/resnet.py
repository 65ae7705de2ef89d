"""The parts of pix2pixHD's global generator (Wang, Liu et al. 2018), of which both baselines are made."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn


class InstanceNorm(nn.Module):
    """Each channel of each image by itself, without weights: a batch may be split at will.

    It is the layer norm of each map. The gradient of `nn.InstanceNorm2d` is wrong (PyTorch 2.13, on a CPU)
    for a single image with channels innermost; `nn.GroupNorm` is right, but slow there.
    """

    def forward(self, x_nkhw: Tensor) -> Tensor:
        """The same shape, every map with mean 0 and variance 1."""
        return F.layer_norm(x_nkhw, x_nkhw.shape[2:])


def convolution(inputs: int, outputs: int, kernel: int, *, stride: int = 1) -> nn.Conv2d:
    """The border mirrored, as pix2pixHD pads; without a stride the size stays."""
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, padding_mode="reflect")


class ResidualBlock(nn.Module):
    """x + two 3 x 3 convolutions of x (He et al. 2016, without a ReLU behind the sum)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            convolution(width, width, 3), InstanceNorm(), nn.ReLU(),
            convolution(width, width, 3), InstanceNorm(),
        )  # fmt: skip

    def forward(self, x_nkhw: Tensor) -> Tensor:
        """The same shape."""
        return x_nkhw + self.change(x_nkhw)


def encoder(inputs: int, channels: Sequence[int], blocks: int) -> nn.Sequential:
    """7 x 7 convolution, a halving to each further width, residual blocks."""
    layers: list[nn.Module] = [convolution(inputs, channels[0], 7), InstanceNorm(), nn.ReLU()]
    for before, width in pairwise(channels):
        layers += [convolution(before, width, 3, stride=2), InstanceNorm(), nn.ReLU()]
    return nn.Sequential(*layers, *(ResidualBlock(channels[-1]) for _ in range(blocks)))


def decoder(channels: Sequence[int], outputs: int, blocks: int) -> nn.Sequential:
    """Residual blocks, a doubling back to each width before the last, 7 x 7 convolution."""
    layers: list[nn.Module] = [ResidualBlock(channels[-1]) for _ in range(blocks)]
    for before, width in pairwise(reversed(channels)):
        doubling = nn.ConvTranspose2d(before, width, 3, stride=2, padding=1, output_padding=1)
        layers += [doubling, InstanceNorm(), nn.ReLU()]
    return nn.Sequential(*layers, convolution(channels[0], outputs, 7))
