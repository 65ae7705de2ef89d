"""Training of the structured temporal UNet (section III.C): Eqs. 5, 6 and 7, on what KHP and CVG predict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from apvg_core.data.windows import Batch
from apvg_core.layers.blocks import flatten_time, parameter_count
from apvg_core.progress import Progress, silent
from apvg_core.runtime.devices import autocast, to_device
from apvg_core.stages.cvg.losses import pixel_loss
from apvg_core.stages.stu.baselines.training import BaselineTraining
from apvg_core.stages.stu.data import FinalStageData, total
from apvg_core.stages.stu.discriminator import Discriminator
from apvg_core.stages.stu.losses import discriminator_loss, generator_loss, perceptual_loss, squared_loss
from apvg_core.stages.stu.network import STU
from apvg_core.stages.stu.settings import STUConfig
from apvg_core.training.adversarial import Adversary
from apvg_core.training.draws import bernoulli_mask, sample_generators
from apvg_core.training.fit import fit
from apvg_core.training.losses import weighted_sum
from apvg_core.training.options import TrainOptions
from apvg_core.training.perception import Perception
from apvg_core.training.setup import TrainingSetup, prepare
from apvg_core.training.stage_training import StageTraining, TakeOptimizerStep
from apvg_core.training.validation import Validation
from apvg_core.training.words import announce


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `stu` of a run on shards: the STU, or where the recipe has one, the baseline.

    Raises:
        ApvgError: KHP or CVG is missing, or something does not fit; see `setup.prepare`.
    """
    setup = prepare(shards, run, "stu", options)
    if setup is None:
        return
    announce(setup)
    config = setup.info.recipe.stu
    stage: StageTraining
    if isinstance(config, STUConfig):
        stage = STUTraining(setup, config, options, on_progress)
    else:
        stage = BaselineTraining(setup, config, options, on_progress)
    fit(setup, stage, on_progress)


class STUTraining:
    """Generator, discriminator, their batches and their losses; see `StageTraining`."""

    def __init__(
        self, setup: TrainingSetup, config: STUConfig, options: TrainOptions, on_progress: Progress
    ) -> None:
        self._setup, self._config = setup, config
        self._perceive = Perception.find(options.vgg_weights, config, setup)
        self._data = FinalStageData(
            setup, mismatched=config.discriminator.mismatched_pairs, on_progress=on_progress
        )
        self.sampler = self._data.sampler
        torch.manual_seed(setup.seed)
        self._network = to_device(STU(config), setup.device)
        self._adversary = Adversary(
            to_device(Discriminator(config.discriminator), setup.device), lr=setup.training.lr
        )
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=setup.training.lr)
        self.networks: Mapping[str, nn.Module] = {"network": self._network, **self._adversary.networks}
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {
            "optimiser": self._optimiser, **self._adversary.optimisers
        }  # fmt: skip
        self.facts: Mapping[str, Any] = {
            "parameters": parameter_count(self._network), "perceptual": self._perceive.origin
        }  # fmt: skip

    def take_step(self, step: int, batch: Batch, optimizer_step: TakeOptimizerStep) -> Mapping[str, Tensor]:
        """Take a step of the generator (Eqs. 5 and 7), then one of the discriminator (Eq. 6).

        Returns losses [shape=()].
        """
        device, precision = self._setup.device, self._setup.precision
        coarse, keypoints = self._data.predictions(batch)
        if keypoints is not None:
            generators = sample_generators(self._setup.seed, step, batch.sample)
            true = bernoulli_mask(1, self._config.ground_truth_keypoints, generators)
            keypoints = torch.where(true[..., None, None], batch.keypoints, keypoints)
        real, sound = self._real(batch), flatten_time(batch.windows.to(device))
        with autocast(device, precision):
            generated = self._generate(self._network, batch, coarse, keypoints)
            with self._adversary.frozen() as discriminator:
                logits = discriminator(generated, sound)
            losses = {**self._compare(generated, real), "adversarial": generator_loss(logits.float())}
        optimizer_step(weighted_sum(losses, self._weights), self._network, self._optimiser)

        discriminator = self._adversary.discriminator
        with autocast(device, precision):
            pairs = [discriminator(real, sound), discriminator(generated.detach(), sound)]
            if batch.mismatched is not None:
                pairs.append(discriminator(real, flatten_time(batch.mismatched).to(device)))
        losses["discriminator"] = discriminator_loss(*(logits.float() for logits in pairs))
        self._adversary.take_step(losses["discriminator"], optimizer_step)
        return losses

    def validate(self, network: STU) -> Validation:
        """Generate the held-out sequences from what KHP and CVG predict for them."""
        batch = self._data.held_out
        with autocast(self._setup.device, self._setup.precision):
            generated = self._generate(network, batch, *self._data.predictions(batch))
            losses = self._compare(generated, self._real(batch))
        return self._data.validation(losses, self._weights, generated)

    def mean_baseline(self) -> float:
        """Compute the validation loss of the mean frame, whatever is played."""
        real, still = self._data.real(self._data.held_out), self._data.mean_frames()
        return total(self._compare(flatten_time(still), flatten_time(real)), self._weights)

    def _generate(
        self, network: STU, batch: Batch, coarse_bt3hw: Tensor | None, keypoints_btp2: Tensor | None
    ) -> Tensor:
        """Generate the frames of a batch, (n, 3, h, w)."""
        frames, _ = network(*self._data.inputs(batch, coarse_bt3hw, keypoints_btp2))
        return flatten_time(frames)

    def _real(self, batch: Batch) -> Tensor:
        """Convert the real frames of a batch to (n, 3, h, w), channels innermost."""
        return flatten_time(self._data.real(batch)).to(memory_format=torch.channels_last)

    def _compare(self, generated_n3hw: Tensor, real_n3hw: Tensor) -> dict[str, Tensor]:
        return {
            "pixel": pixel_loss(generated_n3hw.float(), real_n3hw),
            "squared": squared_loss(generated_n3hw.float(), real_n3hw),
            "perceptual": perceptual_loss(self._perceive(generated_n3hw), self._perceive(real_n3hw)),
        }

    @property
    def _weights(self) -> Mapping[str, float]:
        config = self._config
        return {
            "pixel": config.weight_pixel,
            "squared": config.weight_squared,
            "perceptual": config.weight_perceptual,
            "adversarial": config.weight_adversarial,
        }
