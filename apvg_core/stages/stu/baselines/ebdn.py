"""Everybody Dance Now (Chan et al. 2019): pix2pixHD on the pose and on its own previous frame.

Axes: b batch, t frames, h and w the image's.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import kaiming_init
from apvg_core.stages.stu.baselines.baseline import Baseline, still_channels, stills
from apvg_core.stages.stu.baselines.resnet import decoder, encoder
from apvg_core.stages.stu.baselines.settings import EBDNConfig


class EBDN(Baseline):
    """frame(t) = G(pose(t), frame(t-1)), a zero image standing for the frame before the first.

    With stills, G sees these too. Left out are its second GAN, which repaints faces, and the normalisation of
    poses, which only another person's poses would need.
    """

    def __init__(self, config: EBDNConfig) -> None:
        super().__init__()
        self.config = config
        self.generator = nn.Sequential(
            encoder(1 + 3 + still_channels(config.stills), config.channels, config.blocks),
            decoder(config.channels, 3, 0),
        )
        kaiming_init(self)

    def unroll(
        self, inputs: Mapping[str, Tensor], state: tuple[Tensor, ...]
    ) -> tuple[Tensor, None, tuple[Tensor, ...]]:
        """Generate frames (b, t, 3, h, w), see `Baseline.unroll`; each is painted anew, without flows."""
        (frame,) = state
        seen, frames = stills(inputs), []
        for pose in inputs["heatmap"].unbind(1):
            painted = self.generator(torch.cat([pose, frame, seen], 1))
            frame = torch.tanh(painted.float())
            frames.append(frame)
        return (torch.stack(frames, 1) + 1) / 2, None, (frame,)
