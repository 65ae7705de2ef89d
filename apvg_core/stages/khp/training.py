"""Training of keypoint and heatmap prediction (section III.A): Eq. 2 + Eq. 3."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from apvg_core.data.windows import Batch
from apvg_core.drawing.tracks import compare_tracks
from apvg_core.drawing.validation import compare_skeletons
from apvg_core.layers.blocks import flatten_time, parameter_count
from apvg_core.layers.dlt import heatmap
from apvg_core.progress import Progress, silent
from apvg_core.run.note_positions import NOTE_POSITIONS
from apvg_core.runtime.devices import autocast
from apvg_core.stages.khp.losses import coordinate_loss, heatmap_loss, visible_frames
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.khp.settings import KHPConfig
from apvg_core.stages.khp.spec import khp_spec
from apvg_core.stages.networks import initial_state
from apvg_core.training import parallel
from apvg_core.training.audio_encoders import begin_audio
from apvg_core.training.draws import dropout, sample_generators
from apvg_core.training.fit import fit
from apvg_core.training.initialization import initialize
from apvg_core.training.losses import weighted_sum
from apvg_core.training.masking import masked
from apvg_core.training.note_positions import learn_from_training
from apvg_core.training.options import TrainOptions
from apvg_core.training.sequences import held_out_batch, training_sampler
from apvg_core.training.setup import TrainingSetup, prepare
from apvg_core.training.stage_training import TakeOptimizerStep
from apvg_core.training.validation import Validation
from apvg_core.training.words import announce
from apvg_core.units import HOP_LENGTH, SAMPLE_RATE

HELD_OUT: Final = {"sequences": 4, "length": 250}

COLUMN_RATE: Final = SAMPLE_RATE / HOP_LENGTH
"""Columns of the CQT a second."""


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `khp` of a run on shards.

    Raises:
        ApvgError: Something is missing or does not fit; see `setup.prepare`.
    """
    setup = prepare(shards, run, "khp", options)
    if setup is not None:
        announce(setup)
        fit(setup, KHPTraining(setup), on_progress)
    if setup is not None or not (run / NOTE_POSITIONS).exists():  # stopped while it learned them
        learn_from_training(shards, run, on_progress)


class KHPTraining:
    """The network, its batches and its losses; see `StageTraining`."""

    def __init__(self, setup: TrainingSetup) -> None:
        config = setup.info.recipe.khp
        assert config is not None
        self._setup, self._config, self._spec = setup, config, khp_spec(config, setup.info.fps)
        torch.manual_seed(setup.seed)
        self._network = KHP(config, setup.info.fps).to(setup.device)
        begin_audio(self._network.motion, config.audio, setup)
        begun = initialize(setup, {"model": self._network})
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=setup.training.lr)
        self.networks: Mapping[str, nn.Module] = {"network": self._network}
        self.optimisers: Mapping[str, torch.optim.Optimizer] = {"optimiser": self._optimiser}
        self.facts: Mapping[str, Any] = {"parameters": parameter_count(self._network), **begun}
        self.sampler = training_sampler(
            setup, length=setup.training.sequence, frames=False, lookahead=self._spec.lookahead
        )
        self._averages = torch.from_numpy(setup.conditions.average).to(setup.device)
        self._held_out = held_out_batch(setup, frames=False, lookahead=self._spec.lookahead, **HELD_OUT)

    def take_step(self, step: int, batch: Batch, optimizer_step: TakeOptimizerStep) -> Mapping[str, Tensor]:
        """Learn from one batch; returns losses [shape=()], means over the visible frames of all processes."""
        config = self._config
        visible = visible_frames(flatten_time(batch.visible.to(self._setup.device)))
        count = parallel.mean(visible).clamp(min=1 / parallel.world_size())  # 1 of them all is the least
        kept = None
        generators = sample_generators(self._setup.seed, step, batch.sample)
        if config.dropout:
            kept = dropout(config.hidden, config.dropout, generators).to(self._setup.device)
        if config.mask:
            heard = masked(batch.windows, config.mask, COLUMN_RATE, self._setup.info.fps, generators)
            batch = replace(batch, windows=heard)
        losses = self._losses(self._predict(self._network, batch, kept), batch, count)
        optimizer_step(weighted_sum(losses, self._weights), self._network, self._optimiser)
        return losses

    def validate(self, network: KHP) -> Validation:
        """Predict the held-out sequences."""
        batch = self._held_out
        predicted = self._predict(network, batch)
        losses = self._losses(predicted, batch, _frames(batch))
        real, visible = batch.keypoints[0].cpu().numpy(), batch.visible[0].cpu().numpy()
        ours = predicted[0].float().cpu().numpy()
        return Validation(
            loss=float(weighted_sum(losses, self._weights)),
            losses={name: float(loss) for name, loss in losses.items()},
            image=np.concatenate(
                [compare_skeletons(real, visible, ours), compare_tracks(real, visible, ours)]
            ),
        )

    def mean_baseline(self) -> float:
        """Compute the validation loss of the average keypoints, whatever is played."""
        batch = self._held_out
        still = self._averages[batch.performer][:, None].expand(-1, batch.keypoints.shape[1], -1, -1)
        return float(weighted_sum(self._losses(still, batch, _frames(batch)), self._weights))

    def _predict(self, network: KHP, batch: Batch, kept_bh: Tensor | None = None) -> Tensor:
        """Predict the keypoints (b, t, 60, 2) of a batch."""
        device = self._setup.device
        with autocast(device, self._setup.precision):
            inputs = {"windows": batch.windows.to(device), "average": self._averages[batch.performer]}
            state = initial_state(self._spec, inputs, batch=len(batch.windows), device=device)
            late_btp2, _ = network(inputs, state, kept_bh)
        return late_btp2[:, self._spec.lookahead :]

    def _losses(self, predicted_btp2: Tensor, batch: Batch, count: Tensor | float) -> dict[str, Tensor]:
        """Eqs. 2 and 3 of a batch, averaged over `count` frames."""
        device, edge = predicted_btp2.device, self._config.heatmap_size
        predicted, real = flatten_time(predicted_btp2.float()), flatten_time(batch.keypoints.to(device))
        visible = flatten_time(batch.visible.to(device))
        maps = [heatmap(keypoints, edge, edge, visible_bp=visible) for keypoints in (predicted, real)]
        return {
            "coordinates": coordinate_loss(predicted, real, visible, count),
            "heatmap": heatmap_loss(maps[0], maps[1], count),
        }

    @property
    def _weights(self) -> Mapping[str, float]:
        config: KHPConfig = self._config
        return {"coordinates": config.weight_coordinates, "heatmap": config.weight_heatmap}


def _frames(batch: Batch) -> Tensor:
    """Count the frames that a loss is averaged over, at least 1."""
    return visible_frames(flatten_time(batch.visible)).clamp(min=1)
