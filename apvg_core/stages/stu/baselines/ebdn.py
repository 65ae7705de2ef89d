"""Everybody Dance Now (Chan et al. 2019): pix2pixHD on the pose and on its own previous frame.

Axes: b batch, t frames, h and w the image's.
"""

import torch
from torch import Tensor, nn

from apvg_core.config import EBDNConfig
from apvg_core.layers.blocks import kaiming_init
from apvg_core.stages.stu.baselines.baseline import Rival, State
from apvg_core.stages.stu.baselines.resnet import decoder, encoder


class EBDN(Rival):
    """frame(t) = G(pose(t), frame(t-1)), a zero image standing for the frame before the first.

    Left out are its second GAN, which repaints faces, and the normalisation of poses, which only another
    person's poses would need.
    """

    def __init__(self, config: EBDNConfig) -> None:
        super().__init__()
        self.config = config
        self.generator = nn.Sequential(
            encoder(1 + 3, config.channels, config.blocks), decoder(config.channels, 3, 0)
        )
        kaiming_init(self)

    def initial_state(self, batch: int, size: int, device: torch.device | str = "cpu") -> State:
        """No frame yet, (b, 3, h, w); images are in [-1, 1] in here."""
        return (torch.zeros(batch, 3, size, size, device=device),)

    def unroll(self, poses_bt1hw: Tensor, state: State) -> tuple[Tensor, None, State]:
        """See `Rival.unroll`; every frame is painted anew, so there are no flows."""
        (frame,) = state
        frames = []
        for pose in poses_bt1hw.unbind(1):
            painted = self.generator(torch.cat([pose, frame], 1))
            frame = torch.tanh(painted.float())
            frames.append(frame)
        return (torch.stack(frames, 1) + 1) / 2, None, (frame,)
