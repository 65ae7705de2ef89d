"""The discriminator of both baselines: PatchGANs at several scales (pix2pixHD) on consecutive frames.

Axes: b batch, t frames, n runs of consecutive frames, h and w the image's.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.layers.blocks import consecutive, kaiming_init
from apvg_core.stages.stu.baselines.resnet import InstanceNorm
from apvg_core.stages.stu.baselines.settings import PatchDiscriminatorConfig


class PatchDiscriminator(nn.Module):
    """One scale: 4 x 4 convolutions, all but the last two of which halve; one verdict for each patch."""

    def __init__(self, inputs: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        layers = [nn.Sequential(nn.Conv2d(inputs, channels[0], 4, stride=2, padding=2), nn.LeakyReLU(0.2))]
        strides = [2] * (len(channels) - 2) + [1]
        for (before, width), stride in zip(pairwise(channels), strides, strict=True):
            layers.append(
                nn.Sequential(
                    nn.Conv2d(before, width, 4, stride=stride, padding=2),
                    InstanceNorm(),
                    nn.LeakyReLU(0.2),
                )
            )
        layers.append(nn.Sequential(nn.Conv2d(channels[-1], 1, 4, padding=2)))
        self.layers = nn.ModuleList(layers)

    def forward(self, x_nkhw: Tensor) -> list[Tensor]:
        """The feature maps of all layers; the last is the verdict (n, 1, h', w')."""
        features = []
        for layer in self.layers:
            x_nkhw = layer(x_nkhw)
            features.append(x_nkhw)
        return features


class MultiScaleDiscriminator(nn.Module):
    """Are these consecutive frames real, given their pose maps? At full size, half of it, ..."""

    def __init__(self, config: PatchDiscriminatorConfig, *, span: int) -> None:
        super().__init__()
        self.span = span
        self.scales = nn.ModuleList(
            PatchDiscriminator(span * (1 + 3), config.channels) for _ in range(config.scales)
        )
        kaiming_init(self)

    def forward(self, poses_bt1hw: Tensor, frames_bt3hw: Tensor, valid_bt: Tensor) -> list[list[Tensor]]:
        """Compute each scale's feature maps of all runs of `span` frames and their pose maps.

        Args:
            poses_bt1hw: Pose maps, (b, t, 1, h, w).
            frames_bt3hw: Frames in [0, 1], (b, t, 3, h, w).
            valid_bt: Frames that are no padding at a sequence's end, (b, t) bool; others are left out.

        Returns:
            Feature maps (n, k, h', w') by scale and layer, n runs of all sequences.
        """
        x = consecutive(torch.cat([poses_bt1hw, frames_bt3hw * 2 - 1], 2), self.span)
        whole = valid_bt[:, self.span - 1 :].flatten()  # runs whose last frame is no padding
        x = x if whole.all() else x[whole.to(x.device)]
        features = []
        for scale in self.scales:
            features.append(scale(x))
            x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
        return features


class Discriminators(nn.ModuleList):
    """A `MultiScaleDiscriminator` for each span, asked together."""

    def __init__(self, config: PatchDiscriminatorConfig, spans: Sequence[int]) -> None:
        super().__init__(MultiScaleDiscriminator(config, span=span) for span in spans)

    def forward(self, poses_bt1hw: Tensor, frames_bt3hw: Tensor, valid_bt: Tensor) -> list[list[Tensor]]:
        """Compute the feature maps of each scale of each span, as `MultiScaleDiscriminator` does.

        Args:
            poses_bt1hw: Pose maps, (b, t, 1, h, w).
            frames_bt3hw: Frames in [0, 1], (b, t, 3, h, w).
            valid_bt: Frames that are no padding at a sequence's end, (b, t) bool.
        """
        return [
            scale for discriminator in self for scale in discriminator(poses_bt1hw, frames_bt3hw, valid_bt)
        ]
