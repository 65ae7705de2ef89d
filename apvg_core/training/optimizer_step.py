"""One step of an optimiser down a loss, its gradient averaged over processes, clipped and checked."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.data.shards import Shard
from apvg_core.data.windows import Batch
from apvg_core.errors import RunError
from apvg_core.training import parallel
from apvg_core.training.step_times import StepTimes


@dataclass(frozen=True)
class OptimizerStep:
    """Call it with a loss, the network and the optimiser; a stage does so once for each of its networks.

    Attributes:
        stage: Name of the stage, for the error's sentence.
        step: Number of the step.
        batch: The batch that the loss was computed on.
        shards: Where the batch comes from.
        clip_norm: Gradients are scaled down to this norm.
        times: The stopwatch of the training.
    """

    stage: Stage
    step: int
    batch: Batch
    shards: Sequence[Shard]
    clip_norm: float
    times: StepTimes

    def __call__(self, loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Take the step.

        Args:
            loss: A scalar [shape=()].
            network: Whose weights are changed.
            optimiser: That network's optimiser.

        Raises:
            RunError: The loss or its gradient is not finite; the weights stay as they were.
        """
        self.times.add("forward")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        parallel.average_gradients(network)
        self.times.add("backward")
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), self.clip_norm)
        if not math.isfinite(float(norm)):
            raise RunError(
                f"The loss of {self.stage} ({float(loss.detach()):g}) or its gradient is not finite at "
                f"step {self.step}, on {'; '.join(parallel.gather(self._sequences()))}. The last "
                "checkpoint is kept: look at those recordings, or train into a new --run with another --seed."
            )
        optimiser.step()
        self.times.add("optimiser")

    def _sequences(self) -> Iterator[str]:
        """Origins of the sequences of this process's batch."""
        for shard, start in zip(self.batch.shard.tolist(), self.batch.start.tolist(), strict=True):
            yield f"{self.shards[shard].info.id} from frame {start}"
