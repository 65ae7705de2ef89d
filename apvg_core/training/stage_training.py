"""The interface between a stage and the training loop, `fit`."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.training.validation import Validation

TakeOptimizerStep = Callable[[Tensor, nn.Module, torch.optim.Optimizer], None]
"""An optimiser's step down a loss, as `OptimizerStep`."""


class StageTraining(Protocol):
    """A stage's training: its networks, optimisers, batches and steps.

    Attributes:
        networks: Everything with weights, by name; "network" is the one that generates.
        optimisers: By name.
        sampler: Draws the batches.
        facts: Facts about the stage for `run.json`, which must not change when the training goes on.
    """

    networks: Mapping[str, nn.Module]
    optimisers: Mapping[str, torch.optim.Optimizer]
    sampler: SequenceSampler
    facts: Mapping[str, Any]

    def take_step(self, step: int, batch: Batch, optimizer_step: TakeOptimizerStep) -> Mapping[str, Tensor]:
        """Change the weights by one batch.

        Args:
            step: Number of the step, from 0.
            batch: Sequences to learn from.
            optimizer_step: To be called with each loss, its network and its optimiser.

        Returns:
            The losses by name, scalars.
        """

    def validate(self, network: Any) -> Validation:
        """Evaluate a network, "network" or its moving average, on held-out sequences.

        Called without gradients, by the first process alone.
        """

    def mean_baseline(self) -> float:
        """Compute the validation loss of the mean keypoints or the mean frame, whatever is played."""
