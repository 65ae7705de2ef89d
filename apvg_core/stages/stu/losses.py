"""Eqs. 5 to 7, the losses of the structured temporal UNet and its discriminator.

Axes: n frames (of whatever sequences), h and w an image's. All losses are scalars.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


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
    """Eq. 7: Σ over VGG layers of ‖ψ(V_real) − ψ(V_hq)‖₁, each averaged over its elements.

    The features [shape=(n, k, h, w) each] are in the order of the layers; the loss is a scalar [shape=()].
    """
    terms = [(a - b).abs().mean() for a, b in zip(generated, real, strict=True)]
    return torch.stack(terms).sum()
