"""Training of keypoint and heatmap prediction (section III.A): Eq. 2 + Eq. 3."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from apvg_core.config import KHPConfig
from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.layers.blocks import flatten_time, parameter_count
from apvg_core.layers.dlt import heatmap
from apvg_core.losses import coordinate_loss, heatmap_loss, seen_frames, weighted_sum
from apvg_core.progress import Progress, silent
from apvg_core.runtime.devices import autocast
from apvg_core.stages.khp.network import KHP
from apvg_core.training import parallel
from apvg_core.training.draws import dropout, sample_generators
from apvg_core.training.held_out import held_out_batch
from apvg_core.training.logbook import Examination
from apvg_core.training.samples import draw_skeletons, draw_tracks
from apvg_core.training.setup import Task, TrainOptions, prepare
from apvg_core.training.trainer import Recorder
from apvg_core.training.words import announce

EXAMINED: Final = {"sequences": 4, "length": 250}


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `khp` of a run on shards.

    Raises:
        ApvgError: Something is missing or does not fit; see `task.prepare`.
    """
    task = prepare(shards, run, "khp", options)
    if task is None:
        return
    announce(task)
    config, training = task.info.recipe.khp, task.training
    assert config is not None
    torch.manual_seed(task.seed)
    network = KHP(config).to(task.device)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr)
    sampler = SequenceSampler(
        shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence, seed=task.seed, frames=False, lookahead=config.lookahead,
        share=(parallel.rank(), parallel.world()),
    )  # fmt: skip
    averages = torch.from_numpy(task.conditions.average).to(task.device)
    held_out = held_out_batch(task, frames=False, ahead=config.lookahead, **EXAMINED)

    with Recorder(
        task, {"network": network}, {"optimiser": optimiser},
        examine=partial(_examine, task=task, config=config, batch=held_out, averages=averages),
        deaf=partial(_deaf, config=config, batch=held_out, averages=averages),
        facts={"parameters": parameter_count(network)}, on_progress=on_progress,
    ) as recorder:  # fmt: skip
        for step, batch in recorder.steps(sampler):
            seen = seen_frames(flatten_time(batch.visible.to(task.device)))
            count = parallel.mean(seen).clamp(min=1 / parallel.world())  # 1 of them all is the least
            kept = None
            if config.dropout:
                generators = sample_generators(task.seed, step, batch.sample)
                kept = dropout(config.hidden, config.dropout, generators).to(task.device)
            _, terms = _predict(network, task, config, batch, averages, count, kept)
            recorder.descend(step, weighted_sum(terms, _weights(config)), network, optimiser)
            recorder.end(step, terms)
        recorder.finish()


def _predict(
    network: KHP,
    task: Task,
    config: KHPConfig,
    batch: Batch,
    averages: Tensor,
    count: Tensor,
    kept_bh: Tensor | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Keypoints (b, t, 60, 2) of a batch, and Eqs. 2 and 3 of them, averaged over `count` frames."""
    device = task.device
    with autocast(device, task.precision):
        state = network.initial_state(len(batch.windows), device)
        late_btp2, _ = network(batch.windows.to(device), averages[batch.performer], state, kept_bh)
    predicted_btp2 = late_btp2[:, config.lookahead :]
    return predicted_btp2, _compare(predicted_btp2.float(), config, batch, count)


def _compare(
    predicted_btp2: Tensor, config: KHPConfig, batch: Batch, count: Tensor | float
) -> dict[str, Tensor]:
    """Eqs. 2 and 3 of a batch, averaged over `count` frames."""
    device, edge = predicted_btp2.device, config.heatmap_size
    predicted, real = flatten_time(predicted_btp2), flatten_time(batch.keypoints.to(device))
    visible = flatten_time(batch.visible.to(device))
    maps = [heatmap(keypoints, edge, edge, visible_bp=visible) for keypoints in (predicted, real)]
    return {
        "coordinates": coordinate_loss(predicted, real, visible, count),
        "heatmap": heatmap_loss(maps[0], maps[1], count),
    }


def _weights(config: KHPConfig) -> Mapping[str, float]:
    return {"coordinates": config.weight_coordinates, "heatmap": config.weight_heatmap}


def _examine(network: KHP, *, task: Task, config: KHPConfig, batch: Batch, averages: Tensor) -> Examination:
    predicted, terms = _predict(network, task, config, batch, averages, _seen(batch))
    real, seen = batch.keypoints[0].cpu().numpy(), batch.visible[0].cpu().numpy()
    ours = predicted[0].float().cpu().numpy()
    return Examination(
        loss=float(weighted_sum(terms, _weights(config))),
        terms={name: float(term) for name, term in terms.items()},
        image=np.concatenate([draw_skeletons(real, seen, ours), draw_tracks(real, seen, ours)]),
    )


def _deaf(*, config: KHPConfig, batch: Batch, averages: Tensor) -> float:
    """The loss of the average keypoints, whatever is played."""
    still = averages[batch.performer][:, None].expand(-1, batch.keypoints.shape[1], -1, -1)
    return float(weighted_sum(_compare(still, config, batch, _seen(batch)), _weights(config)))


def _seen(batch: Batch) -> Tensor:
    return seen_frames(flatten_time(batch.visible)).clamp(min=1)
