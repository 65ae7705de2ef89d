"""Losses of the baselines of Table III.

Each was published with a discriminator of several scales, so verdicts and features come as sequences, and the
scales are summed. Axes: b sequences of t frames, h and w an image's. All losses are scalars.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from apvg_core.layers.blocks import without_padding
from apvg_core.layers.warp import warp
from apvg_core.stages.losses import pixel_loss
from apvg_core.stages.stu.losses import perceptual_loss


def least_squares_generator_loss(verdicts_of_generated: Sequence[Tensor]) -> Tensor:
    """LSGAN (Mao et al. 2017): Σ over scales of E[(D(G) − 1)²]; twice theirs, as pix2pixHD weighs it.

    Verdicts may have any shape; the loss is a scalar [shape=()].
    """
    return torch.stack([(verdict - 1).square().mean() for verdict in verdicts_of_generated]).sum()


def least_squares_discriminator_loss(
    verdicts_of_real: Sequence[Tensor], verdicts_of_generated: Sequence[Tensor]
) -> Tensor:
    """LSGAN: Σ over scales of ½ E[(D(V_real) − 1)²] + ½ E[D(G)²].

    Verdicts may have any shape; the loss is a scalar [shape=()].
    """
    pairs = zip(verdicts_of_real, verdicts_of_generated, strict=True)
    terms = [((real - 1).square().mean() + generated.square().mean()) / 2 for real, generated in pairs]
    return torch.stack(terms).sum()


def feature_matching_loss(generated: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]) -> Tensor:
    """pix2pixHD: Σ over scales and D's layers of ‖D(V_real) − D(G)‖₁, each averaged over its elements.

    The last layer, D's verdict, is not matched. What D sees in real frames is a target, without a gradient.
    Features [shape=(n, k, h, w)] are given by scale and layer; the loss is a scalar [shape=()].
    """
    terms = [
        perceptual_loss(ours[:-1], [feature.detach() for feature in theirs[:-1]])
        for ours, theirs in zip(generated, real, strict=True)
    ]
    return torch.stack(terms).sum()


def flow_loss(flow_bt2hw: Tensor, real_bt3hw: Tensor, valid_bt: Tensor) -> Tensor:
    """vid2vid: ‖warp(V_real(t−1), w(t)) − V_real(t)‖₁, averaged as `pixel_loss`.

    Its other half, ‖w − w_real‖₁, wants the flow of a pretrained FlowNet2 and is left out.

    Args:
        flow_bt2hw: From each frame to the one before it, in pixels, (b, t, 2, h, w).
        real_bt3hw: Real frames, (b, t, 3, h, w).
        valid_bt: Frames that are no padding at a sequence's end, (b, t) bool.

    Returns:
        The loss [shape=()].
    """
    before, flow, after = (
        without_padding(sequence, valid_bt[:, 1:])
        for sequence in (real_bt3hw[:, :-1], flow_bt2hw[:, 1:], real_bt3hw[:, 1:])
    )
    return pixel_loss(warp(before, flow[:, :, None])[:, :, 0], after)
