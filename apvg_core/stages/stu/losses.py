"""Eqs. 5 to 7, the losses of the structured temporal UNet and its discriminator.

Axes: n frames (of whatever sequences), m moments, h and w an image's. All losses are scalars.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def generator_loss(realism_of_generated: Tensor, pairing_of_generated: Tensor) -> Tensor:
    """Eq. 5, which the generator maximises: −E[log D(G, A)], to be minimised.

    Args:
        realism_of_generated: Logits of being real, of any shape.
        pairing_of_generated: Logits of belonging to their own sound, of any shape.
    """
    return -F.logsigmoid(realism_of_generated).mean() - F.logsigmoid(pairing_of_generated).mean()


def discriminator_loss(realism_of_real: Tensor, realism_of_generated: Tensor) -> Tensor:
    """Eq. 6 of frames, to be minimised: −E[log D(V_real)] − E[log(1 − D(G))].

    As printed both terms reward log D, which would teach it nothing; the second is log(1 − D).
    """
    return -F.logsigmoid(realism_of_real).mean() - F.logsigmoid(-realism_of_generated).mean()


def pairing_loss(pairing_mm: Tensor, apart_mm: Tensor) -> Tensor:
    """Eq. 6 of pairs, to be minimised: −E[log D(V, A)] − E[log(1 − D(V, A'))], A' another moment's sound.

    Pairs and others weigh the same, however many there are of each.

    Args:
        pairing_mm: Logits that the frame of moment i (row) belongs to the sound of moment j (column).
        apart_mm: True for moments that are apart; where none are, there is nothing to learn, and it is 0.
    """
    if not apart_mm.any():
        return 0 * pairing_mm.sum()
    return -F.logsigmoid(pairing_mm.diagonal()).mean() - F.logsigmoid(-pairing_mm[apart_mm]).mean()


def pairs_told(pairing_mm: Tensor, apart_mm: Tensor) -> float:
    """Compute the share of pairs and of others that are told as such, halved; guessing has 0.5.

    The arguments are those of `pairing_loss`; it is NaN where no moments are apart.
    """
    paired, others = pairing_mm.diagonal() > 0, pairing_mm[apart_mm] <= 0
    return float(paired.float().mean() + others.float().mean()) / 2


def perceptual_loss(generated: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Eq. 7: Σ over VGG layers of ‖ψ(V_real) − ψ(V_hq)‖₁, each averaged over its elements.

    The features [shape=(n, k, h, w) each] are in the order of the layers; the loss is a scalar [shape=()].
    """
    terms = [(a - b).abs().mean() for a, b in zip(generated, real, strict=True)]
    return torch.stack(terms).sum()
