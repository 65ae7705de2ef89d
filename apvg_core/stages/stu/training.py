"""Training of the structured temporal UNet (section III.C): Eqs. 5, 6 and 7, on what KHP and CVG predict."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from apvg_core.config import STUConfig
from apvg_core.data.conditions import mean_frames
from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.layers.blocks import flatten_time, image_to_tensor, parameter_count
from apvg_core.layers.dlt import heatmaps
from apvg_core.losses import (
    discriminator_loss,
    generator_loss,
    perceptual_loss,
    pixel_loss,
    squared_loss,
    weighted_sum,
)
from apvg_core.progress import Progress, silent
from apvg_core.runtime.devices import autocast, place
from apvg_core.runtime.load import load_networks
from apvg_core.stages.stu.baselines import training as rivals
from apvg_core.stages.stu.discriminator import Discriminator
from apvg_core.stages.stu.network import STU
from apvg_core.training import parallel
from apvg_core.training.draws import sample_generators, shown
from apvg_core.training.held_out import held_out_sampler
from apvg_core.training.logbook import Examination
from apvg_core.training.perception import Perception
from apvg_core.training.predictions import Predictions
from apvg_core.training.samples import draw_strip
from apvg_core.training.setup import TrainOptions, prepare
from apvg_core.training.trainer import Recorder
from apvg_core.training.words import announce

EXAMINED: Final = {"sequences": 2, "length": 8}

log = logging.getLogger(__name__)


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `stu` of a run on shards: the STU, or where the recipe has a rival in its place, that.

    Raises:
        ApvgError: KHP or CVG is missing, or something does not fit; see `task.prepare`.
    """
    task = prepare(shards, run, "stu", options)
    if task is None:
        return
    announce(task)
    config, training, device = task.info.recipe.stu, task.training, task.device
    if not isinstance(config, STUConfig):
        rivals.train(task, config, options, on_progress)
        return
    networks = load_networks(run, device=str(device), runtime="torch", stages=task.info.recipe.stages[:-1])
    torch.manual_seed(task.seed)
    network = place(STU(config), device)
    discriminator = place(Discriminator(config.discriminator), device)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr)
    discriminator_optimiser = torch.optim.Adam(discriminator.parameters(), lr=training.lr)
    perceive = Perception.find(options.vgg_weights, config, task)
    sampler = SequenceSampler(
        shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence, seed=task.seed, frames=True,
        mismatched=config.discriminator.mismatched_pairs, share=(parallel.rank(), parallel.world()),
    )  # fmt: skip
    everything = range(len(task.entries))
    predictions = Predictions(task, networks, sampler, task.entries, everything, on_progress=on_progress)
    drawn = held_out_sampler(task, frames=True, **EXAMINED)
    examined = drawn.draw(0)
    needed = set(examined.shard.tolist())
    held_out = Predictions(task, networks, drawn, task.held_out, needed, on_progress=on_progress)
    stills = image_to_tensor(torch.from_numpy(task.conditions.stills(plate=config.plate))).to(device)
    origins = torch.from_numpy(task.conditions.reference_keypoints).to(device)

    def generate(
        network: STU, batch: Batch, coarse: Tensor | None, keypoints: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Generated and real frames (n, 3, h, w), and windows (n, 84, 87)."""
        coarse, keypoints = (x if x is None else x.to(device) for x in (coarse, keypoints))
        windows = batch.windows.to(device)
        assert batch.frames is not None
        real = flatten_time(image_to_tensor(batch.frames)).to(device, memory_format=torch.channels_last)
        state = network.initial_state(len(windows), task.info.size, device)
        marks = None if keypoints is None else heatmaps(keypoints, task.info.size, task.info.size)
        moved = None if keypoints is None else origins[batch.performer][:, None] - keypoints
        generated, _ = network(coarse, marks, keypoints, moved, windows, stills[batch.performer], state)
        return flatten_time(generated), real, flatten_time(windows)

    def compare(generated: Tensor, real: Tensor) -> dict[str, Tensor]:
        return {
            "pixel": pixel_loss(generated.float(), real),
            "squared": squared_loss(generated.float(), real),
            "perceptual": perceptual_loss(perceive(generated), perceive(real)),
        }

    def examine(network: STU) -> Examination:
        with autocast(device, task.precision):
            generated, real, _ = generate(network, examined, *held_out.of(examined))
            terms = compare(generated, real)
        weights = {name: _weights(config)[name] for name in terms}
        return Examination(
            loss=float(weighted_sum(terms, weights)),
            terms={name: float(term) for name, term in terms.items()},
            image=draw_strip(real, *held_out.of(examined), generated),
        )

    def deaf() -> float:
        """The loss of the mean frame, whatever is played."""
        assert examined.frames is not None
        means = torch.from_numpy(mean_frames(shards, task.entries, task.info.performers))[examined.performer]
        still = flatten_time(image_to_tensor(means)[:, None].expand(-1, examined.frames.shape[1], -1, -1, -1))
        real = flatten_time(image_to_tensor(examined.frames))
        terms = compare(still.to(device), real.to(device))
        return float(weighted_sum(terms, {name: _weights(config)[name] for name in terms}))

    with Recorder(
        task,
        {"network": network, "discriminator": discriminator},
        {"optimiser": optimiser, "discriminator_optimiser": discriminator_optimiser},
        examine=examine,
        deaf=deaf,
        facts={"parameters": parameter_count(network), "perceptual": perceive.origin},
        on_progress=on_progress,
    ) as recorder:
        for step, batch in recorder.steps(sampler):
            coarse, keypoints = predictions.of(batch)
            if keypoints is not None:
                seen = shown(
                    1, config.ground_truth_keypoints, sample_generators(task.seed, step, batch.sample)
                )
                keypoints = torch.where(seen[..., None, None], batch.keypoints, keypoints)
            with autocast(device, task.precision):
                generated, real, sound = generate(network, batch, coarse, keypoints)
                discriminator.requires_grad_(False)
                judged = discriminator(generated, sound)
                terms = {**compare(generated, real), "adversarial": generator_loss(judged.float())}
            recorder.descend(step, weighted_sum(terms, _weights(config)), network, optimiser)

            discriminator.requires_grad_(True)
            with autocast(device, task.precision):
                logits = [discriminator(real, sound), discriminator(generated.detach(), sound)]
                if batch.mismatched is not None:
                    logits.append(discriminator(real, flatten_time(batch.mismatched).to(device)))
            terms["discriminator"] = discriminator_loss(*(part.float() for part in logits))
            recorder.descend(step, terms["discriminator"], discriminator, discriminator_optimiser)
            recorder.end(step, terms)
        recorder.finish()


def _weights(config: STUConfig) -> Mapping[str, float]:
    return {
        "pixel": config.weight_pixel,
        "squared": config.weight_squared,
        "perceptual": config.weight_perceptual,
        "adversarial": config.weight_adversarial,
    }
