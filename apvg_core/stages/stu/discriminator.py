"""The audio-video discriminator of section III.C."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.layers.blocks import AudioEncoder, broadcast, conv_block, kaiming_init
from apvg_core.stages.stu.settings import DiscriminatorConfig


class Discriminator(nn.Module):
    """Are this frame and this 0.5 s of sound a real pair? One logit for each patch of the frame.

    The paper gives no structure; patches are pix2pix's (Isola et al. 2017), the sound joins the last map.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.downscale = config.downscale
        widths = config.channels
        self.frames = nn.Sequential(
            *(conv_block(a, b, stride=2) for a, b in zip((3, *widths[:-1]), widths, strict=True))
        )
        self.audio = AudioEncoder(config.audio)
        self.score = nn.Sequential(
            conv_block(widths[-1] + config.audio.features, widths[-1]), nn.Conv2d(widths[-1], 1, 3, padding=1)
        )
        kaiming_init(self)

    def forward(self, frames_n3hw: Tensor, windows_nfc: Tensor) -> Tensor:
        """Logits (n, 1, h', w') for frames in [0, 1] (n, 3, h, w) and windows in dB (n, 84, 87)."""
        if self.downscale > 1:
            frames_n3hw = F.avg_pool2d(frames_n3hw, self.downscale)
        features = self.frames(frames_n3hw * 2 - 1)
        sound = broadcast(self.audio(windows_nfc), features)
        return self.score(torch.cat([features, sound], 1))
