"""Training of keypoint and heatmap prediction (section III.A): Eq. 2 + Eq. 3."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.losses import coordinate_loss, heatmap_loss, weighted_sum
from apvg_core.models.dlt import heatmap
from apvg_core.models.khp import KHP
from apvg_core.models.layers import flatten_time, parameter_count
from apvg_core.progress import Progress, silent
from apvg_core.training.recorder import Recorder
from apvg_core.training.samples import Picture, draw_skeleton, grid
from apvg_core.training.task import TrainOptions, prepare

SAMPLE_EDGE = 256


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `khp` of a run on shards.

    Raises:
        ApvgError: Something is missing or does not fit; see `task.prepare`.
    """
    task = prepare(shards, run, "khp", options)
    device = task.device
    config, training = task.info.recipe.khp, task.training
    torch.manual_seed(task.seed)
    network = KHP(config).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr)
    sampler = SequenceSampler(
        shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence, seed=task.seed, frames=False,
    )  # fmt: skip
    averages = task.conditions.average.to(device)
    edge = config.heatmap_size
    weights = {"coordinates": config.weight_coordinates, "heatmap": config.weight_heatmap}

    with Recorder(
        task, {"network": network}, {"optimiser": optimiser},
        facts={"parameters": parameter_count(network)}, on_progress=on_progress,
    ) as recorder:  # fmt: skip
        for step, batch in sampler.batches(recorder.first_step, training.steps):
            recorder.begin(step)
            state = network.initial_state(training.batch, device)
            predicted_btp2, _ = network(batch.windows.to(device), averages[batch.performer], state)
            predicted, real = flatten_time(predicted_btp2), flatten_time(batch.keypoints.to(device))
            visible = flatten_time(batch.visible.to(device))
            terms = {
                "coordinates": coordinate_loss(predicted, real, visible),
                "heatmap": heatmap_loss(
                    heatmap(predicted, edge, edge, visible_bp=visible),
                    heatmap(real, edge, edge, visible_bp=visible),
                ),
            }
            recorder.descend(step, weighted_sum(terms, weights), network, optimiser)
            recorder.end(step, terms, partial(_sample, batch, predicted_btp2.detach()))
        recorder.finish()


def _sample(batch: Batch, predicted_btp2: torch.Tensor) -> Picture:
    """Real skeletons above predicted ones, at four moments of the first sequence."""
    blank = np.zeros((SAMPLE_EDGE, SAMPLE_EDGE, 3), np.uint8)
    moments = np.linspace(0, predicted_btp2.shape[1] - 1, 4).round().astype(int)
    real, predicted = batch.keypoints[0].numpy(), predicted_btp2[0].cpu().numpy()
    everything = np.ones(60, bool)
    return grid(
        [
            [draw_skeleton(blank, real[t], batch.visible[0, t].numpy()) for t in moments],
            [draw_skeleton(blank, predicted[t], everything) for t in moments],
        ],
        SAMPLE_EDGE,
    )
