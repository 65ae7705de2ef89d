"""Training of coarse video generation (section III.B): Eq. 4, on the network's own previous frames."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from apvg_core.data.conditions import mean_frames
from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.layers.blocks import image_to_tensor, parameter_count, tensor_to_image
from apvg_core.layers.vgg import find_weights
from apvg_core.losses import pixel_loss
from apvg_core.progress import Progress, silent
from apvg_core.runtime.devices import autocast, place
from apvg_core.stages.cvg.network import CVG
from apvg_core.training import parallel
from apvg_core.training.draws import sample_generators, shown
from apvg_core.training.held_out import held_out_batch
from apvg_core.training.logbook import Examination
from apvg_core.training.samples import grid
from apvg_core.training.setup import Task, TrainOptions, prepare
from apvg_core.training.trainer import Recorder
from apvg_core.training.words import announce

EXAMINED: Final = {"sequences": 4, "length": 48}

log = logging.getLogger(__name__)


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `cvg` of a run on shards.

    What a sequence starts from is disturbed (`disturb`), so that the network learns to find back to the
    performer from any frame it may drift into; within it, real previous frames give way to its own (`shown`).

    Raises:
        ApvgError: Something is missing or does not fit; see `task.prepare`.
    """
    task = prepare(shards, run, "cvg", options)
    if task is None:
        return
    announce(task)
    device = task.device
    config, training = task.info.recipe.cvg, task.training
    assert config is not None
    size = task.info.size // config.downscale
    torch.manual_seed(task.seed)
    network = CVG(config)
    origin = _start_from_vgg(network, task, options)
    network = place(network, device)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr)
    sampler = SequenceSampler(
        shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence + 1, seed=task.seed, frames=True, share=(parallel.rank(), parallel.world()),
    )  # fmt: skip
    references = _shrink(image_to_tensor(torch.from_numpy(task.conditions.reference)), size).to(device)
    held_out = held_out_batch(task, frames=True, **EXAMINED)

    with Recorder(
        task, {"network": network}, {"optimiser": optimiser},
        examine=partial(_examine, task=task, batch=held_out, references=references),
        deaf=partial(_deaf, task=task, batch=held_out, size=size),
        facts={"parameters": parameter_count(network), "vgg": origin}, on_progress=on_progress,
    ) as recorder:  # fmt: skip
        for step, batch in recorder.steps(sampler):
            generators = sample_generators(task.seed, step, batch.sample)
            real = _real(batch, size).to(device)
            reference = references[batch.performer]
            start = disturb(real[:, 0], reference, config.perturbation, generators)
            noise = torch.stack([torch.randn(config.noise, generator=g) for g in generators]).to(device)
            share = config.teacher_forcing and 1 - step / (config.teacher_forcing * training.steps)
            forced = shown(training.sequence, share, generators).to(device)
            with autocast(device, task.precision):
                coarse, _ = network(
                    batch.windows[:, 1:].to(device), noise, reference, network.initial_state(start),
                    real[:, 1:], forced,
                )  # fmt: skip
            terms = {"coarse": pixel_loss(coarse.float(), real[:, 1:])}
            recorder.descend(step, terms["coarse"], network, optimiser)
            recorder.end(step, terms)
        recorder.finish()


def _start_from_vgg(network: CVG, task: Task, options: TrainOptions) -> str | None:
    """Give a fresh image encoder pretrained weights where its widths are VGG-19's, and tell their origin."""
    if task.checkpoint:
        return cast("str | None", task.checkpoint.facts["vgg"])
    stem = network.image_encoder.vgg
    if not stem.fits_vgg19:
        if options.vgg_weights is not None:
            log.info(
                "Recipe %s has an image encoder thinner than VGG-19: --vgg-weights is not used in cvg.",
                task.info.recipe.name,
            )
        return None
    weights = find_weights(options.vgg_weights)
    if weights is None:
        return None
    stem.load(weights)
    return weights.origin


def _real(batch: Batch, size: int) -> Tensor:
    """The real frames at the coarse video's size, (b, t, 3, size, size)."""
    assert batch.frames is not None
    frames = _shrink(image_to_tensor(batch.frames.flatten(0, 1)), size)
    return frames.unflatten(0, batch.frames.shape[:2])


def _shrink(frames_n3hw: Tensor, size: int) -> Tensor:
    return F.interpolate(frames_n3hw, size=(size, size), mode="area")


def disturb(
    previous_b3hw: Tensor, reference_b3hw: Tensor, strength: float, generators: Sequence[torch.Generator]
) -> Tensor:
    """A frame to start a sequence from: somewhere between the true one, the reference, and ruin.

    Each sequence gets its own mixture of the true previous frame and the reference, its own change of
    brightness (at most `strength`) and its own grain (of a deviation of at most half of `strength`).
    """
    device, shape = previous_b3hw.device, previous_b3hw.shape[1:]
    drawn = torch.stack([torch.rand(4, generator=g) for g in generators]).to(device)
    mixture, darkness, sign, coarseness = drawn[:, :, None, None, None].unbind(1)
    grain = torch.stack([torch.randn(shape, generator=g) for g in generators]).to(device)
    frame = mixture * previous_b3hw + (1 - mixture) * reference_b3hw
    brightness = strength * darkness * (2 * sign - 1)
    return (frame + brightness + 0.5 * strength * coarseness**2 * grain).clamp(0, 1)


def _examine(network: CVG, *, task: Task, batch: Batch, references: Tensor) -> Examination:
    """As at generation: from the reference, on its own frames alone."""
    reference = references[batch.performer]
    real = _real(batch, reference.shape[-1]).to(task.device)
    noise = torch.zeros(len(reference), network.config.noise, device=task.device)
    with autocast(task.device, task.precision):
        coarse, _ = network(batch.windows, noise, reference, network.initial_state(reference))
    loss = float(pixel_loss(coarse.float(), real))
    moments = np.linspace(0, real.shape[1] - 1, 8).round().astype(int).tolist()
    rows = [list(tensor_to_image(part[0, moments].float()).cpu().numpy()) for part in (real, coarse)]
    return Examination(loss=loss, terms={"coarse": loss}, image=grid(rows))


def _deaf(*, task: Task, batch: Batch, size: int) -> float:
    """The loss of the mean frame, whatever is played."""
    means = torch.from_numpy(mean_frames(task.shards, task.entries, task.info.performers))
    real = _real(batch, size)
    return float(pixel_loss(_shrink(image_to_tensor(means), size)[batch.performer][:, None], real))
