"""Training of coarse video generation (section III.B): Eq. 4, on the network's own previous frames."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from apvg_core.data.conditions import mean_frames
from apvg_core.data.windows import Batch
from apvg_core.drawing.validation import compare_coarse
from apvg_core.layers.blocks import image_to_tensor, parameter_count, without_padding
from apvg_core.layers.vgg import find_weights
from apvg_core.progress import Progress, silent
from apvg_core.runtime.devices import autocast, to_device
from apvg_core.stages.cvg.hearing import freeze_hearing, hear_as
from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.cvg.spec import cvg_spec
from apvg_core.stages.losses import pixel_loss, squared_loss
from apvg_core.stages.networks import initial_state
from apvg_core.training.audio_encoders import begin_audio, trained_khp
from apvg_core.training.draws import bernoulli_mask, sample_generators
from apvg_core.training.fit import fit
from apvg_core.training.initialization import initialize
from apvg_core.training.losses import weighted_sum
from apvg_core.training.options import TrainOptions
from apvg_core.training.sequences import held_out_batch, training_sampler
from apvg_core.training.setup import TrainingSetup, prepare
from apvg_core.training.stage_training import TakeOptimizerStep
from apvg_core.training.validation import Validation
from apvg_core.training.words import announce

HELD_OUT: Final = {"sequences": 4, "length": 48}

log = logging.getLogger(__name__)


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `cvg` of a run on shards.

    Raises:
        ApvgError: Something is missing or does not fit; see `setup.prepare`.
    """
    setup = prepare(shards, run, "cvg", options)
    if setup is not None:
        announce(setup)
        fit(setup, CVGTraining(setup, options), on_progress)


class CVGTraining:
    """The network, its batches and its loss; see `StageTraining`.

    The frame that a sequence starts from is disturbed (`disturb`), so that the network learns to find back to
    the performer from any frame it may drift into. Within the sequence, real previous frames give way to its
    own.
    """

    def __init__(self, setup: TrainingSetup, options: TrainOptions) -> None:
        config = setup.info.recipe.cvg
        assert config is not None
        self._setup, self._config = setup, config
        self._spec = cvg_spec(config, setup.info.size, setup.info.fps)
        self._size = config.coarse_size(setup.info.size)
        torch.manual_seed(setup.seed)
        network = CVG(config, setup.info.fps)
        origin = _start_from_vgg(network, setup, options)
        hears_as_khp = config.hears_as_khp
        began_from = None if hears_as_khp else begin_audio(network.audio, config.audio, setup)
        begun = initialize(setup, {"model": network})
        if hears_as_khp:  # whatever else it begins with
            began_from = _hear_as_khp(network, setup)
        self._network = to_device(network, setup.device)
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=setup.training.lr)
        self.networks: Mapping[str, nn.Module] = {"network": self._network}
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {"optimiser": self._optimiser}
        self.facts: Mapping[str, Any] = {
            "parameters": parameter_count(self._network), "vgg": origin, "audio_from": began_from, **begun
        }  # fmt: skip
        history, lookahead = config.history, self._spec.lookahead
        self._heard_only = history + lookahead
        self.sampler = training_sampler(
            setup, length=setup.training.sequence + 1, frames=True, history=history, lookahead=lookahead
        )
        self._weights = {"coarse": config.weight_pixel}
        if config.weight_squared:
            self._weights["squared"] = config.weight_squared
        references = image_to_tensor(torch.from_numpy(setup.conditions.reference))
        self._references = _shrink(references, self._size).to(setup.device)
        self._held_out = held_out_batch(setup, frames=True, history=history, lookahead=lookahead, **HELD_OUT)

    def take_step(self, step: int, batch: Batch, optimizer_step: TakeOptimizerStep) -> Mapping[str, Tensor]:
        """Learn from one batch, whose first frame comes before the sequence; returns losses [shape=()]."""
        config, device = self._config, self._setup.device
        generators = sample_generators(self._setup.seed, step, batch.sample)
        real = self._real(batch).to(device)
        reference = self._references[batch.performer]
        start = disturb(real[:, 0], reference, config.perturbation, generators)
        noise = torch.stack([torch.randn(config.noise, generator=g) for g in generators]).to(device)
        mask = bernoulli_mask(self._setup.training.sequence, self._real_share(step), generators).to(device)
        inputs = {"windows": batch.windows[:, 1:].to(device), "noise": noise, "reference": reference}
        state = initial_state(self._spec, {"reference": start}, batch=len(start), device=device)
        with autocast(device, self._setup.precision):
            coarse, _ = self._network(inputs, state, real[:, 1:], mask, self._heard_only)
        losses = self._compare(coarse, real[:, 1:], batch.valid[:, 1:])
        optimizer_step(weighted_sum(losses, self._weights), self._network, self._optimiser)
        return losses

    def _compare(self, coarse_bt3hw: Tensor, real_bt3hw: Tensor, valid_bt: Tensor) -> dict[str, Tensor]:
        """The losses of coarse frames beside real ones, scalars; padding is left out."""
        coarse = without_padding(coarse_bt3hw.float(), valid_bt)
        real = without_padding(real_bt3hw, valid_bt)
        losses = {"coarse": pixel_loss(coarse, real)}
        if self._config.weight_squared:
            losses["squared"] = squared_loss(coarse, real)
        return losses

    def _real_share(self, step: int) -> float:
        """Compute the share of previous frames that are real ones (Bengio et al. 2015); not above 0: none."""
        forcing = self._config.teacher_forcing
        return forcing and 1 - step / (forcing * self._setup.training.steps)

    def validate(self, network: CVG) -> Validation:
        """Generate the held-out sequences from the reference, on its own frames alone.

        So does generation, but that it paints the frames before the beginning, too, before it drops them.
        """
        batch = self._held_out
        reference = self._references[batch.performer]
        real = self._real(batch).to(self._setup.device)
        noise = torch.zeros(len(reference), network.config.noise, device=self._setup.device)
        inputs = {"windows": batch.windows, "noise": noise, "reference": reference}
        state = initial_state(self._spec, inputs, batch=len(reference), device=self._setup.device)
        with autocast(self._setup.device, self._setup.precision):
            coarse, _ = network(inputs, state, heard_only=self._heard_only)
        losses = self._compare(coarse, real, batch.valid)
        moments = np.linspace(0, real.shape[1] - 1, 8).round().astype(int).tolist()
        pair = (part[0, moments].float().cpu().numpy() for part in (real, coarse))
        return Validation(
            loss=float(weighted_sum(losses, self._weights)),
            losses={name: float(loss) for name, loss in losses.items()},
            image=compare_coarse(*pair),
        )

    def mean_baseline(self) -> float:
        """Compute the validation loss of the mean frame, whatever is played."""
        setup, batch = self._setup, self._held_out
        means = torch.from_numpy(mean_frames(setup.shards, setup.entries, setup.info.performers))
        still = _shrink(image_to_tensor(means), self._size)[batch.performer][:, None]
        real = self._real(batch)
        losses = self._compare(still.expand_as(real), real, batch.valid)
        return float(weighted_sum(losses, self._weights))

    def _real(self, batch: Batch) -> Tensor:
        """Read the real frames at the coarse video's size, (b, t, 3, size, size) in [0, 1]."""
        assert batch.frames is not None
        frames = _shrink(image_to_tensor(batch.frames.flatten(0, 1)), self._size)
        return frames.unflatten(0, batch.frames.shape[:2])


def _hear_as_khp(network: CVG, setup: TrainingSetup) -> str | None:
    """Give a network the hearing of the run's KHP, for good; returns the checksum of KHP's weights."""
    freeze_hearing(network)
    if setup.checkpoint:  # has it
        return cast("str | None", setup.checkpoint.facts["audio_from"])
    khp, checksum = trained_khp(setup)
    hear_as(network, khp, torch.from_numpy(setup.conditions.average))
    return checksum


def _start_from_vgg(network: CVG, setup: TrainingSetup, options: TrainOptions) -> str | None:
    """Load pretrained weights into a fresh image encoder of VGG-19's widths, and return their origin."""
    if setup.checkpoint:
        return cast("str | None", setup.checkpoint.facts["vgg"])
    stem = network.image_encoder.vgg
    if not stem.fits_vgg19:
        if options.vgg_weights is not None:
            log.info(
                "Recipe %s has an image encoder thinner than VGG-19: --vgg-weights is not used in cvg.",
                setup.info.recipe.name,
            )
        return None
    weights = find_weights(options.vgg_weights)
    if weights is None:
        return None
    stem.load(weights)
    return weights.origin


def _shrink(frames_n3hw: Tensor, size: int) -> Tensor:
    return F.interpolate(frames_n3hw, size=(size, size), mode="area")


def disturb(
    previous_b3hw: Tensor, reference_b3hw: Tensor, strength: float, generators: Sequence[torch.Generator]
) -> Tensor:
    """Disturb the frames that sequences start from: between the true one, the reference, and ruin.

    Each sequence gets its own mixture of the true previous frame and the reference, its own change of
    brightness (at most `strength`) and its own grain (of a deviation of at most half of `strength`).

    Args:
        previous_b3hw: True previous frames in [0, 1], (b, 3, h, w).
        reference_b3hw: Reference frames in [0, 1], (b, 3, h, w).
        strength: From 0 to 1.
        generators: One for each sequence.

    Returns:
        Frames (b, 3, h, w) in [0, 1].
    """
    device, shape = previous_b3hw.device, previous_b3hw.shape[1:]
    drawn = torch.stack([torch.rand(4, generator=g) for g in generators]).to(device)
    mixture, darkness, sign, coarseness = drawn[:, :, None, None, None].unbind(1)
    grain = torch.stack([torch.randn(shape, generator=g) for g in generators]).to(device)
    frame = mixture * previous_b3hw + (1 - mixture) * reference_b3hw
    brightness = strength * darkness * (2 * sign - 1)
    return (frame + brightness + 0.5 * strength * coarseness**2 * grain).clamp(0, 1)
