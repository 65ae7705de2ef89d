"""Training of the structured temporal UNet (section III.C): Eqs. 5, 6 and 7, on what KHP and CVG predict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from apvg_core.data.pairs import as_pairs
from apvg_core.data.windows import Batch
from apvg_core.layers.blocks import parameter_count, without_padding
from apvg_core.progress import Progress, silent
from apvg_core.runtime.devices import autocast
from apvg_core.stages.stu.baselines.training import BaselineTraining
from apvg_core.stages.stu.data import FinalStageData, total
from apvg_core.stages.stu.network import STU
from apvg_core.stages.stu.settings import STUConfig
from apvg_core.stages.stu.step import STUStep, draw_window
from apvg_core.training.audio_encoders import begin_audio
from apvg_core.training.fit import fit
from apvg_core.training.initialization import initialize
from apvg_core.training.options import TrainOptions
from apvg_core.training.perception import Perception
from apvg_core.training.sequences import held_out_sampler, moments_sampler
from apvg_core.training.setup import TrainingSetup, prepare
from apvg_core.training.stage_training import StageTraining, TakeOptimizerStep
from apvg_core.training.validation import Validation
from apvg_core.training.words import announce

HELD_OUT_PAIRS: Final = 128
"""Held-out frames and their sounds, of which the discriminator should tell what belongs together."""


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
        self._data = FinalStageData(setup, on_progress=on_progress)
        self.sampler = self._data.sampler
        moments = moments_sampler(setup, config.discriminator.pairs)
        self._moments = moments.batches(setup.steps_before, setup.training.steps)
        held_out = held_out_sampler(setup, sequences=HELD_OUT_PAIRS, length=1, frames=True)
        self._held_out_pairs = as_pairs(held_out.draw(0), setup.info.fps)
        torch.manual_seed(setup.seed)
        self._step = STUStep(config, self._perceive, device=setup.device, precision=setup.precision)
        begin_audio(self._step.network.unet.audio, config.audio, setup)
        begin_audio(self._step.discriminator.audio, config.discriminator.audio, setup)
        begun = initialize(setup, {"model": self._step.network, "discriminator": self._step.discriminator})
        self.networks: Mapping[str, nn.Module] = {
            "network": self._step.network, **self._step.adversary.networks
        }  # fmt: skip
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {
            "optimiser": self._step.optimiser, **self._step.adversary.optimisers
        }  # fmt: skip
        self.facts: Mapping[str, Any] = {
            "parameters": parameter_count(self._step.network), "perceptual": self._perceive.origin, **begun
        }  # fmt: skip

    def take_step(self, step: int, batch: Batch, optimizer_step: TakeOptimizerStep) -> Mapping[str, Tensor]:
        """Take a step on a batch; some sequences are generated from the footage's own keypoints."""
        inputs, state = self._data.training_inputs(step, batch)
        _, moments = next(self._moments)
        pairs = as_pairs(moments, self._setup.info.fps)
        window = draw_window(self._setup.info.size, self._config, self._setup.seed, step)
        real = self._real(batch)
        return self._step.take(inputs, state, real, batch.valid, pairs, optimizer_step, window)

    def validate(self, network: STU) -> Validation:
        """Generate the held-out sequences from what KHP and CVG predict for them."""
        batch = self._data.held_out
        inputs, state = self._data.inputs(batch, *self._data.predictions(batch))
        with autocast(self._setup.device, self._setup.precision):
            generated = without_padding(network(inputs, state)[0], batch.valid)
            losses = self._step.compare(generated, self._real(batch))
        told = {}
        if self._held_out_pairs.apart.any():
            told = {"pairs_told": self._step.pairs_told(self._held_out_pairs)}
        return self._data.validation(losses, self._step.weights, generated, told)

    def mean_baseline(self) -> float:
        """Compute the validation loss of the mean frame, whatever is played."""
        batch = self._data.held_out
        still, real = (
            without_padding(frames, batch.valid)
            for frames in (self._data.mean_frames(), self._data.real(batch))
        )
        return total(self._step.compare(still, real), self._step.weights)

    def _real(self, batch: Batch) -> Tensor:
        """Convert the real frames of a batch to (n, 3, h, w), channels innermost."""
        real = without_padding(self._data.real(batch), batch.valid)
        return real.to(memory_format=torch.channels_last)
