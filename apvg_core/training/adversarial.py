"""Adversarial training: a discriminator, its optimiser, and its share of each step."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from apvg_core.training.stage_training import TakeOptimizerStep


class Adversary:
    """Owns a discriminator and its optimiser, Adam.

    Args:
        discriminator: The network, on its device.
        lr: Adam's learning rate.
        betas: Adam's.
    """

    def __init__(
        self, discriminator: nn.Module, *, lr: float, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        self.discriminator = discriminator
        self._optimiser = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=betas)

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The discriminator under its name in checkpoints."""
        return {"discriminator": self.discriminator}

    @property
    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        """The optimiser under its name in checkpoints."""
        return {"discriminator_optimiser": self._optimiser}

    @contextmanager
    def frozen(self) -> Iterator[nn.Module]:
        """Give the discriminator for the generator's loss: gradients pass through it, but not to it."""
        self.discriminator.requires_grad_(False)
        try:
            yield self.discriminator
        finally:
            self.discriminator.requires_grad_(True)

    def take_step(self, loss: Tensor, optimizer_step: TakeOptimizerStep) -> None:
        """Take the discriminator's own step down its loss [shape=()]."""
        optimizer_step(loss, self.discriminator, self._optimiser)
