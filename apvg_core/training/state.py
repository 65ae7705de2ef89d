"""State of a training: all that its steps change, as a checkpoint keeps it."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from apvg_core.errors import RunError
from apvg_core.run.provenance import united
from apvg_core.training import parallel
from apvg_core.training.checkpoint import Checkpoint, gather_tensors, restore_tensors
from apvg_core.training.setup import TrainingSetup, learned_before
from apvg_core.training.stage_training import StageTraining

SMOOTHING: Final = 0.05
"""Weight of the newest value in a running mean of a loss."""


class TrainingState:
    """Weights and their moving average, optimisers, running means of the losses, and the best validation.

    Args:
        setup: The setup of the training; its checkpoint, if any, is loaded.
        stage: The stage's networks and optimisers.

    Attributes:
        networks: The stage's, and "average" where the recipe wants a moving average of the weights.
        steps_done: Steps taken.
        losses: Running means by name.
        best: Step and loss of the best validation; empty before the first.
        validation_loss: Loss of the last validation; infinite before the first.
        facts: The stage's facts, the checksums of its inputs, and the shards that it has learned from.
        seconds_before: Time that was spent before the training went on from its checkpoint.

    Raises:
        RunError: The checkpoint is another network's, or processes differ in what they are about to train.
    """

    def __init__(self, setup: TrainingSetup, stage: StageTraining) -> None:
        self._setup, self._optimisers = setup, stage.optimisers
        self.networks = dict(stage.networks)
        self.facts: dict[str, Any] = {
            **stage.facts,
            "inputs": setup.inputs,
            "shards": [
                asdict(shard) for shard in united(learned_before(setup.checkpoint), setup.learning_from)
            ],
            "unlisted_steps": setup.unlisted_steps,
        }
        if setup.training.ema:
            self.networks["average"] = AveragedModel(
                self.networks["network"],
                setup.device,  # its counter's as well: NCCL shares nothing that lies elsewhere
                avg_fn=_moving_average(setup.training.ema),
            )
        self.steps_done, self.seconds_before = 0, 0.0
        self.losses: dict[str, float] = {}
        self.best: dict[str, float] = {}
        self.validation_loss = math.inf
        if setup.checkpoint:
            self._restore(setup.checkpoint)
        about = json.dumps([self.facts, setup.precision_name, self.steps_done, setup.training.steps])
        if len(set(parallel.gather([about]))) > 1:
            raise RunError(
                "The processes differ in --steps, --vgg-weights, precision or checkpoint; give all of them "
                "the same."
            )
        parallel.share_weights(self.networks.values())

    def _restore(self, checkpoint: Checkpoint) -> None:
        restore_tensors(checkpoint.tensors, self.networks, self._optimisers)
        self.losses, self.best = dict(checkpoint.averages), dict(checkpoint.best)
        self.seconds_before, self.steps_done = checkpoint.seconds, checkpoint.steps_done

    @property
    def generating(self) -> nn.Module:
        """The network that would generate: the moving average of the trained one, if the recipe wants it."""
        average = self.networks.get("average")
        return cast(nn.Module, average.module) if average else self.networks["network"]

    def update(self, losses: Mapping[str, Tensor]) -> dict[str, float]:
        """Bring the averages of weights and losses up to date after a step.

        Args:
            losses: The step's, scalars.

        Returns:
            The losses, averaged over processes.
        """
        if average := self.networks.get("average"):
            cast(AveragedModel, average).update_parameters(self.networks["network"])
        means = parallel.mean(torch.stack([loss.detach().float() for loss in losses.values()])).tolist()
        values = dict(zip(losses, means, strict=True))
        for name, value in values.items():
            before = self.losses.get(name, value)
            self.losses[name] = before + SMOOTHING * (value - before)
        self.steps_done += 1
        return values

    def is_best(self, validation_loss: float) -> bool:
        """Note the loss of a validation, and return True if it is the lowest so far."""
        self.validation_loss = validation_loss
        if not validation_loss < self.best.get("loss", math.inf):  # NaN is none
            return False
        self.best = {"step": self.steps_done, "loss": validation_loss}
        return True

    @property
    def is_out_of_patience(self) -> bool:
        """True if the held-out loss has not been better for as many validations as the recipe waits."""
        training = self._setup.training
        if not (training.patience and self._setup.holds_out and self.best):
            return False
        return self.steps_done - self.best["step"] >= training.patience * training.validate_every

    def checkpoint(self, seconds: float) -> Checkpoint:
        """Gather everything for a checkpoint.

        Args:
            seconds: Time since the training began or went on.
        """
        return Checkpoint(
            steps_done=self.steps_done,
            seconds=self.seconds_before + seconds,
            seed=self._setup.seed,
            precision=self._setup.precision_name,
            averages=self.losses,
            best=self.best,
            facts=self.facts,
            tensors=gather_tensors(self.networks, self._optimisers),
        )


def _moving_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Make an exponential moving average that does not remember the very first weights for long."""

    def average(mean: Tensor, value: Tensor, count: Tensor | int) -> Tensor:
        return mean.lerp(value, 1 - min(decay, (1 + float(count)) / (10 + float(count))))

    return average
