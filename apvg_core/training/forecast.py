"""How long the stages to come will take: measured on some sequences of the footage, and thrown away."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from apvg_core.config import CVGConfig, Stage, STUConfig
from apvg_core.data.manifest import ManifestEntry, read_manifest
from apvg_core.data.selection import filmed, of_run
from apvg_core.data.windows import READERS, Batch, SequenceSampler
from apvg_core.layers.blocks import flatten_time, image_to_tensor
from apvg_core.layers.dlt import heatmaps
from apvg_core.layers.vgg import VGGFeatures, find_weights
from apvg_core.losses import discriminator_loss, generator_loss, perceptual_loss, pixel_loss
from apvg_core.run import RunInfo, is_trained, read_run
from apvg_core.runtime.devices import autocast, choose_device, choose_precision, place
from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.stu.discriminator import Discriminator
from apvg_core.stages.stu.network import STU
from apvg_core.training import parallel
from apvg_core.training.checkpoint import step_paths
from apvg_core.training.perception import Perception
from apvg_core.training.setup import TrainOptions, recipe_for

LONG: Final = 5.0
"""Seconds of a step after which no second one is measured; the first is a little slower than the rest."""

Descend = Callable[[nn.Module, Tensor], None]
TakeStep = Callable[[Batch, Descend], None]


def forecast(shards: Path, run: Path, stages: Sequence[Stage], options: TrainOptions) -> float | None:
    """Seconds that these stages of a run will take; None where it cannot be told (a rival, no memory).

    Raises:
        ApvgError: The options do not fit the run, or a shard is damaged.
    """
    device = choose_device(options.device, parallel.local_rank())
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            return sum(_stage(shards, run, stage, options, device) for stage in stages)
        except (NotImplementedError, torch.OutOfMemoryError):
            return None


def _stage(shards: Path, run: Path, stage: Stage, options: TrainOptions, device: torch.device) -> float:
    info = read_run(run)
    config = getattr(recipe_for(run, options), stage)
    training = config.training
    steps = _steps_left(run, info, stage, options.steps or training.steps)
    entries = filmed(of_run(read_manifest(shards), info, split="train"))
    if not steps or not entries:
        return 0.0
    if not isinstance(config, CVGConfig | STUConfig):
        raise NotImplementedError
    longest = max(entries, key=lambda entry: entry.frames)
    sampler = SequenceSampler(
        shards, [longest], performers=info.performers, batch=max(1, training.batch // parallel.world()),
        length=min(longest.frames, training.sequence + isinstance(config, CVGConfig)), seed=0, frames=True,
        mismatched=isinstance(config, STUConfig) and config.discriminator.mismatched_pairs,
    )  # fmt: skip
    started = time.perf_counter()
    batch = sampler.draw(0)
    reading = (time.perf_counter() - started) / READERS
    for shard in sampler.shards:
        shard.close()
    precision = choose_precision(options.precision, device)
    if isinstance(config, CVGConfig):
        step = _coarse(config, info, device, precision)
    else:
        step = _final(config, info, device, precision, options)
    a_step = max(reading, _measure(step, batch, device))
    frames = training.batch * training.sequence / parallel.world()
    # What the last stage learns from is predicted first, forward alone: a third of a step's work a frame.
    predicting = _frames(entries) * a_step / frames / 3 if isinstance(config, CVGConfig) else 0.0
    return steps * a_step + predicting


def _steps_left(run: Path, info: RunInfo, stage: Stage, steps: int) -> int:
    """The last stage begins anew where one before it is trained, so what it has done counts for nothing."""
    if stage == "stu":
        return steps
    done = max((int(path.stem.removeprefix("step_")) for path in step_paths(run, stage)), default=0)
    if is_trained(run, info, stage):
        done = max(done, info.stages[stage].get("steps", 0))
    return max(0, steps - done)


def _frames(entries: Sequence[ManifestEntry]) -> int:
    return sum(entry.frames for entry in entries)


def _measure(step: TakeStep, batch: Batch, device: torch.device) -> float:
    """Seconds of a step, the first one left out."""

    def descend(network: nn.Module, loss: Tensor) -> None:
        network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)

    seconds = 0.0
    for _ in range(3):
        started = time.perf_counter()
        step(batch, descend)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds = time.perf_counter() - started
        if seconds > LONG:
            break
    return seconds


def _coarse(config: CVGConfig, info: RunInfo, device: torch.device, precision: torch.dtype) -> TakeStep:
    network = place(CVG(config), device)
    edge = info.size // config.downscale

    def step(batch: Batch, descend: Descend) -> None:
        count, length = batch.keypoints.shape[:2]
        real = torch.rand(count, length, 3, edge, edge, device=device)
        noise = torch.zeros(count, config.noise, device=device)
        forced = torch.zeros(count, length - 1, dtype=torch.bool, device=device)
        with autocast(device, precision):
            coarse, _ = network(
                batch.windows[:, 1:].to(device), noise, real[:, 0], network.initial_state(real[:, 0]),
                real[:, 1:], forced,
            )  # fmt: skip
        descend(network, pixel_loss(coarse.float(), real[:, 1:]))

    return step


def _final(
    config: STUConfig, info: RunInfo, device: torch.device, precision: torch.dtype, options: TrainOptions
) -> TakeStep:
    network = place(STU(config), device)
    discriminator = place(Discriminator(config.discriminator), device)
    weights = find_weights(options.vgg_weights) if config.perceptual_blocks else None
    vgg = VGGFeatures(weights, config.perceptual_blocks).to(device) if weights else None
    perceive = Perception(vgg, "", config.perceptual_downscale)
    size = info.size
    coarse_edge = size // info.recipe.cvg.downscale if info.recipe.cvg else 0

    def step(batch: Batch, descend: Descend) -> None:
        assert batch.frames is not None
        count, length = batch.keypoints.shape[:2]
        keypoints, windows = batch.keypoints.to(device), batch.windows.to(device)
        real = flatten_time(image_to_tensor(batch.frames)).to(device, memory_format=torch.channels_last)
        coarse = (
            torch.rand(count, length, 3, coarse_edge, coarse_edge, device=device) if coarse_edge else None
        )
        marks = heatmaps(keypoints, size, size) if info.recipe.khp else None
        known, moved = (keypoints, torch.zeros_like(keypoints)) if info.recipe.khp else (None, None)
        stills = torch.rand(count, 6 if config.plate else 3, size, size, device=device)
        sound = flatten_time(windows)
        with autocast(device, precision):
            state = network.initial_state(count, size, device)
            sequence, _ = network(coarse, marks, known, moved, windows, stills, state)
            generated = flatten_time(sequence)
            terms = [
                pixel_loss(generated.float(), real),
                perceptual_loss(perceive(generated), perceive(real)),
                generator_loss(discriminator(generated, sound).float()),
            ]
        descend(network, torch.stack(terms).sum())
        with autocast(device, precision):
            logits = [discriminator(real, sound), discriminator(generated.detach(), sound)]
            if batch.mismatched is not None:
                logits.append(discriminator(real, flatten_time(batch.mismatched).to(device)))
        descend(discriminator, discriminator_loss(*(part.float() for part in logits)))

    return step
