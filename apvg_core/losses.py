"""The losses of the paper, Eqs. 2 to 7 in its order, and the rivals'. Pure functions that return scalars.

Axes: n frames (of whatever sequences), b sequences of t frames, p joints, h and w of a map or image.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from apvg_core.layers.blocks import flatten_time
from apvg_core.layers.warp import warp


def seen_frames(visible_np: Tensor) -> Tensor:
    """How many frames show any joint: the count that Eqs. 2 and 3 are averaged over, if it is not 0."""
    return visible_np.any(1).sum().float()


def coordinate_loss(
    predicted_np2: Tensor, real_np2: Tensor, visible_np: Tensor, count: Tensor | float
) -> Tensor:
    """Eq. 2: ‖K_pred − K_real‖₂ of a frame's visible joints, averaged over `count` frames.

    A missed joint carries no loss, nor does a frame without joints. The small constant under the root keeps
    the gradient finite where prediction and truth agree.
    """
    difference = (predicted_np2 - real_np2) * visible_np[..., None]
    norms = (difference.square().flatten(1).sum(1) + 1e-12).sqrt()
    return (norms * visible_np.any(1)).sum() / count


def heatmap_loss(predicted_n1hw: Tensor, real_n1hw: Tensor, count: Tensor | float) -> Tensor:
    """Eq. 3: ‖H_pred − H_real‖₁ of visible joints' maps, summed over pixels, averaged over `count` frames."""
    return (predicted_n1hw - real_n1hw).abs().sum() / count


def pixel_loss(predicted_n3hw: Tensor, real_n3hw: Tensor) -> Tensor:
    """Eq. 4: ‖V_real − V_coarse‖₁ averaged over frames, per pixel and channel so that sizes compare."""
    return (predicted_n3hw - real_n3hw).abs().mean()


def squared_loss(predicted_n3hw: Tensor, real_n3hw: Tensor) -> Tensor:
    """The mean squared distance, per pixel and channel: what PSNR is made of.

    By Eq. 4 it is best to leave out a bow that will be a little beside where it should be; this wants it.
    """
    return (predicted_n3hw - real_n3hw).square().mean()


def generator_loss(logits_of_generated: Tensor) -> Tensor:
    """Eq. 5, which the generator maximises: −E[log D(G, A)], to be minimised."""
    return -F.logsigmoid(logits_of_generated).mean()


def discriminator_loss(
    logits_of_real: Tensor, logits_of_generated: Tensor, logits_of_mismatched: Tensor | None = None
) -> Tensor:
    """Eq. 6, to be minimised: −E[log D(V_real, A)] − E[log(1 − D(G, A))].

    As printed both terms reward log D, which would teach it nothing; the second is log(1 − D).
    Real frames with the sound of another moment, where given, share the negatives' place half and half.
    """
    negatives = F.logsigmoid(-logits_of_generated).mean()
    if logits_of_mismatched is not None:
        negatives = (negatives + F.logsigmoid(-logits_of_mismatched).mean()) / 2
    return -F.logsigmoid(logits_of_real).mean() - negatives


def perceptual_loss(generated: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Eq. 7: Σ over VGG layers of ‖ψ(V_real) − ψ(V_hq)‖₁, each averaged over its elements."""
    terms = [(a - b).abs().mean() for a, b in zip(generated, real, strict=True)]
    return torch.stack(terms).sum()


def weighted_sum(terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """Σ weight · term; every term has a weight and every weight a term."""
    assert terms.keys() == weights.keys(), (sorted(terms), sorted(weights))
    return torch.stack([weights[name] * term for name, term in terms.items()]).sum()


# Rivals: what the methods of Table III are trained with. Each was published with a discriminator of several
# scales, so verdicts and features come as sequences, and the scales are summed.


def least_squares_generator_loss(verdicts_of_generated: Sequence[Tensor]) -> Tensor:
    """LSGAN (Mao et al. 2017): Σ over scales of E[(D(G) − 1)²]; twice theirs, as pix2pixHD weighs it."""
    return torch.stack([(verdict - 1).square().mean() for verdict in verdicts_of_generated]).sum()


def least_squares_discriminator_loss(
    verdicts_of_real: Sequence[Tensor], verdicts_of_generated: Sequence[Tensor]
) -> Tensor:
    """LSGAN: Σ over scales of ½ E[(D(V_real) − 1)²] + ½ E[D(G)²]."""
    pairs = zip(verdicts_of_real, verdicts_of_generated, strict=True)
    terms = [((real - 1).square().mean() + generated.square().mean()) / 2 for real, generated in pairs]
    return torch.stack(terms).sum()


def feature_matching_loss(generated: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]) -> Tensor:
    """pix2pixHD: Σ over scales and D's layers of ‖D(V_real) − D(G)‖₁, each averaged over its elements.

    The last layer, D's verdict, is not matched. What D sees in real frames is a target, without a gradient.
    """
    terms = [
        perceptual_loss(ours[:-1], [feature.detach() for feature in theirs[:-1]])
        for ours, theirs in zip(generated, real, strict=True)
    ]
    return torch.stack(terms).sum()


def flow_loss(flow_bt2hw: Tensor, real_bt3hw: Tensor) -> Tensor:
    """vid2vid: ‖warp(V_real(t−1), w(t)) − V_real(t)‖₁, averaged as `pixel_loss`.

    Its other half, ‖w − w_real‖₁, wants the flow of a pretrained FlowNet2 and is left out.
    """
    moved = warp(flatten_time(real_bt3hw[:, :-1]), flatten_time(flow_bt2hw[:, 1:])[:, None])[:, 0]
    return pixel_loss(moved, flatten_time(real_bt3hw[:, 1:]))
