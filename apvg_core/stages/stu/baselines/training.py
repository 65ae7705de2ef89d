"""Training of the baselines of Table III, in the STU's place: on what KHP predicts, with their own losses."""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

from apvg_core.data.windows import Batch
from apvg_core.layers.blocks import parameter_count, without_padding
from apvg_core.progress import Progress
from apvg_core.runtime.devices import autocast, to_device
from apvg_core.stages.losses import pixel_loss, squared_loss
from apvg_core.stages.networks import build_network
from apvg_core.stages.stu.baselines.baseline import Baseline
from apvg_core.stages.stu.baselines.losses import (
    feature_matching_loss,
    flow_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
)
from apvg_core.stages.stu.baselines.patch_discriminator import Discriminators
from apvg_core.stages.stu.baselines.settings import EBDNConfig, Vid2VidConfig
from apvg_core.stages.stu.data import FinalStageData, total
from apvg_core.stages.stu.losses import perceptual_loss
from apvg_core.training.adversarial import Adversary
from apvg_core.training.initialization import initialize
from apvg_core.training.losses import weighted_sum
from apvg_core.training.options import TrainOptions
from apvg_core.training.perception import Perception
from apvg_core.training.setup import TrainingSetup
from apvg_core.training.stage_training import TakeOptimizerStep
from apvg_core.training.validation import Validation

BETAS: Final = (0.5, 0.999)
"""Adam's, of both papers."""


class BaselineTraining:
    """Generator, discriminators, their batches and their losses; see `StageTraining`.

    A sequence is generated frame after frame, each after its own, from no past at all: as at generation. All
    its frames, and all runs of consecutive ones, go to the discriminators; the papers draw some at random.
    """

    def __init__(
        self,
        setup: TrainingSetup,
        config: EBDNConfig | Vid2VidConfig,
        options: TrainOptions,
        on_progress: Progress,
    ) -> None:
        self._setup, self._config = setup, config
        self._perceive = Perception.find(options.vgg_weights, config, setup)
        self._data = FinalStageData(setup, least=max(2, *config.spans), on_progress=on_progress)
        self.sampler = self._data.sampler
        torch.manual_seed(setup.seed)
        network = build_network(config, setup.info.fps)
        assert isinstance(network, Baseline)
        begun = initialize(setup, {"model": network})
        self._network = to_device(network, setup.device)
        discriminators = to_device(Discriminators(config.discriminator, config.spans), setup.device)
        self._adversary = Adversary(discriminators, lr=setup.training.lr, betas=BETAS)
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=setup.training.lr, betas=BETAS)
        self.networks: Mapping[str, nn.Module] = {"network": self._network, **self._adversary.networks}
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {
            "optimiser": self._optimiser, **self._adversary.optimisers
        }  # fmt: skip
        self.facts: Mapping[str, Any] = {
            "parameters": parameter_count(self._network), "perceptual": self._perceive.origin, **begun
        }  # fmt: skip

    def take_step(self, step: int, batch: Batch, optimizer_step: TakeOptimizerStep) -> Mapping[str, Tensor]:
        """Take a step of the generator, then one of the discriminators; returns losses [shape=()].

        Some sequences are generated from the footage's own keypoints.
        """
        device, precision = self._setup.device, self._setup.precision
        inputs, state = self._data.training_inputs(step, batch)
        poses, real = inputs["heatmap"], self._data.real(batch)
        discriminators = self._adversary.discriminator
        with autocast(device, precision):
            generated, flows, _ = self._network.unroll(inputs, state)
            of_real = discriminators(poses, real, batch.valid)
            with self._adversary.frozen():
                of_generated = discriminators(poses, generated, batch.valid)
            losses = {
                **self._compare(generated, real, batch.valid),
                "adversarial": least_squares_generator_loss(_verdicts(of_generated)),
                "features": feature_matching_loss(of_generated, of_real),
            }
            if flows is not None:
                losses["flow"] = flow_loss(flows, real, batch.valid)
        optimizer_step(weighted_sum(losses, self._config.weights), self._network, self._optimiser)

        with autocast(device, precision):
            of_generated = discriminators(poses, generated.detach(), batch.valid)
        losses["discriminator"] = least_squares_discriminator_loss(
            _verdicts(of_real), _verdicts(of_generated)
        )
        self._adversary.take_step(losses["discriminator"], optimizer_step)
        return losses

    def validate(self, network: Baseline) -> Validation:
        """Generate the held-out sequences from what KHP predicts for them."""
        batch = self._data.held_out
        inputs, state = self._data.inputs(batch, *self._data.predictions(batch))
        real = self._data.real(batch)
        with autocast(self._setup.device, self._setup.precision):
            generated, _, _ = network.unroll(inputs, state)
            losses = self._compare(generated, real, batch.valid)
        frames = without_padding(generated, batch.valid)
        return self._data.validation(losses, self._config.weights, frames)

    def mean_baseline(self) -> float:
        """Compute the validation loss of the mean frame, whatever is played."""
        batch = self._data.held_out
        losses = self._compare(self._data.mean_frames(), self._data.real(batch), batch.valid)
        return total(losses, self._config.weights)

    def _compare(self, generated_bt3hw: Tensor, real_bt3hw: Tensor, valid_bt: Tensor) -> dict[str, Tensor]:
        ours, theirs = (
            without_padding(frames, valid_bt).contiguous(memory_format=torch.channels_last)
            for frames in (generated_bt3hw, real_bt3hw)
        )
        return {
            "pixel": pixel_loss(ours, theirs),
            "squared": squared_loss(ours, theirs),
            "perceptual": perceptual_loss(self._perceive(ours), self._perceive(theirs)),
        }


def _verdicts(features: list[list[Tensor]]) -> list[Tensor]:
    """Select each scale's verdict: its last feature map."""
    return [scale[-1].float() for scale in features]
