"""The audio-video discriminator of section III.C."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.layers.blocks import AudioEncoder, conv_block, kaiming_init
from apvg_core.stages.stu.settings import DiscriminatorConfig

EMBEDDING = 128
"""Numbers by which a frame and a sound are compared."""

PLACES = 8
"""Rows and columns of the map in which a frame's embedding still tells where something is."""


class Discriminator(nn.Module):
    """Is this frame real, and does it belong to this 0.5 s of sound?

    The paper has one answer to both, and no structure. Here D(V, A) = P(V is real) P(V and A are a pair):
    a logit for each patch of the frame, as pix2pix's (Isola et al. 2017), times the cosine of the frame's and
    the sound's embedding, scaled and shifted, as CLIP's and SigLIP's (Radford et al. 2021, Zhai et al. 2023).
    In Eqs. 5 and 6, whose logarithms make a sum of it, each can be learned from as many pairs as not, and
    neither can be had from the frame alone or from the sound alone.

    Axes: n frames, m windows, e the embedding's.

    Args:
        config: The settings.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.frames = nn.Sequential(
            *(conv_block(a, b, stride=2) for a, b in zip((3, *widths[:-1]), widths, strict=True))
        )
        self.realism = nn.Sequential(
            conv_block(widths[-1], widths[-1]), nn.Conv2d(widths[-1], 1, 3, padding=1)
        )
        self.places = nn.AdaptiveAvgPool2d(PLACES)
        self.image = nn.Linear(widths[-1] * PLACES**2, EMBEDDING)
        self.audio = AudioEncoder(config.audio)
        self.sound = nn.Linear(config.audio.features, EMBEDDING)
        self.scale = nn.Parameter(torch.tensor([5.0]))
        self.shift = nn.Parameter(torch.tensor([0.0]))
        kaiming_init(self)

    def forward(self, frames_n3hw: Tensor) -> tuple[Tensor, Tensor]:
        """Judge frames in [0, 1] (n, 3, h, w).

        Returns:
            Logits of being real (n, 1, h', w'), and embeddings (n, e), of length 1.
        """
        by = self.config.shrinking(frames_n3hw.shape[-1])
        if by > 1:
            frames_n3hw = F.avg_pool2d(frames_n3hw, by)
        features = self.frames(frames_n3hw * 2 - 1)
        embedding = self.image(self.places(features).flatten(1))
        return self.realism(features), F.normalize(embedding.float())

    def hear(self, windows_mfc: Tensor) -> Tensor:
        """Embed windows in dB (m, 84, 87) as vectors of length 1 (m, e)."""
        return F.normalize(self.sound(self.audio(windows_mfc)).float())

    def paired(self, images_ne: Tensor, sounds_ne: Tensor) -> Tensor:
        """Logits of belonging together (...) of embeddings (..., e); of (n, 1, e) and (m, e) it is (n, m)."""
        return self.scale * (images_ne * sounds_ne).sum(-1) + self.shift
