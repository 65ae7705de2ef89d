"""Forecast of a training: its time, measured on some sequences of the footage; what is learned is dropped."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.data.manifest import ManifestEntry, read_manifest
from apvg_core.data.pairs import Pairs
from apvg_core.data.selection import filmed, of_run
from apvg_core.data.windows import READERS, Batch, SequenceSampler
from apvg_core.layers.blocks import flatten_time, image_to_tensor, without_padding
from apvg_core.layers.dlt import heatmap
from apvg_core.layers.vgg import VGGFeatures, find_weights
from apvg_core.run.info import RunInfo, is_trained, read_run
from apvg_core.runtime.devices import autocast, choose_device, choose_precision, to_device
from apvg_core.stages.cvg.hearing import freeze_hearing
from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.cvg.settings import CVGConfig
from apvg_core.stages.khp.losses import coordinate_loss, heatmap_loss
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.khp.settings import KHPConfig
from apvg_core.stages.losses import pixel_loss
from apvg_core.stages.networks import initial_state
from apvg_core.stages.spec import StageSpec
from apvg_core.stages.specs import stage_spec
from apvg_core.stages.stu.settings import STUConfig
from apvg_core.stages.stu.step import STUStep, draw_window
from apvg_core.training import parallel
from apvg_core.training.checkpoint import step_paths
from apvg_core.training.options import TrainOptions
from apvg_core.training.perception import Perception
from apvg_core.training.recipe_choice import recipe_for
from apvg_core.training.setup import new_run
from apvg_core.training.stage_training import TakeOptimizerStep
from apvg_core.units import CQT_BINS, WINDOW_COLUMNS

LONG: Final = 5.0
"""Seconds of a step after which no second one is measured; the first is a little slower than the rest."""

TakeStep = Callable[[Batch, TakeOptimizerStep], None]


def forecast(shards: Path, run: Path, stages: Sequence[Stage], options: TrainOptions) -> float | None:
    """Forecast the seconds that stages of a run take; None where nothing can be told (a rival, no memory).

    Raises:
        ApvgError: The options do not fit the run, or a shard is damaged.
    """
    total = 0.0
    for stage in stages:
        costs = measure_costs(shards, run, stage, options)
        if costs is None:
            return None
        info = _info(shards, run, options)
        steps = _steps_left(run, info, stage, options.steps or getattr(info.recipe, stage).training.steps)
        total += costs.seconds(steps) if steps else 0.0
    return total


@dataclass(frozen=True)
class Costs:
    """What a stage costs.

    Attributes:
        a_step: Seconds of a step.
        afterwards: Seconds of the predictions that the last stage learns from.
    """

    a_step: float
    afterwards: float

    def seconds(self, steps: int) -> float:
        """Seconds of so many steps."""
        return steps * self.a_step + self.afterwards


def measure_costs(shards: Path, run: Path, stage: Stage, options: TrainOptions) -> Costs | None:
    """Measure what a stage costs, on some sequences; None where it cannot be told (a rival, no memory).

    Args:
        shards: The shard folder.
        run: The run folder; it need not exist yet.
        stage: Which.
        options: Of the training.

    Raises:
        ApvgError: The options do not fit the run, or a shard is damaged.
    """
    if not isinstance(getattr(recipe_for(run, options), stage), KHPConfig | CVGConfig | STUConfig):
        return None
    device = choose_device(options.device, parallel.local_rank())
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            return _costs(shards, run, stage, options, device)
        except torch.OutOfMemoryError:
            return None


def _info(shards: Path, run: Path, options: TrainOptions) -> RunInfo:
    recipe = recipe_for(run, options)
    if (run / "run.json").exists():
        return replace(read_run(run), recipe=recipe)
    return new_run(shards, recipe, options)[0]


def _costs(shards: Path, run: Path, stage: Stage, options: TrainOptions, device: torch.device) -> Costs:
    info = _info(shards, run, options)
    config: KHPConfig | CVGConfig | STUConfig = getattr(info.recipe, stage)
    training = config.training
    entries = of_run(read_manifest(shards), info, split="train")
    if stage != "khp":
        entries = filmed(entries)
    if not entries:
        return Costs(0.0, 0.0)
    longest = max(entries, key=lambda entry: entry.frames)
    sampler = SequenceSampler(
        shards, [longest], performers=info.performers, batch=max(1, training.batch // parallel.world_size()),
        length=training.sequence + isinstance(config, CVGConfig), seed=0, frames=stage != "khp",
        history=config.history if isinstance(config, CVGConfig) else 0,
        lookahead=stage_spec(info.recipe, stage, info.size, info.fps).lookahead,
    )  # fmt: skip
    started = time.perf_counter()
    batch = sampler.draw(0)
    reading = (time.perf_counter() - started) / READERS
    for shard in sampler.shards:
        shard.close()
    precision = choose_precision(options.precision, device)
    if isinstance(config, KHPConfig):
        step = _keypoints(config, info, device, precision)
    elif isinstance(config, CVGConfig):
        step = _coarse(config, info, device, precision)
    else:
        step = _final(config, info, device, precision, options)
    a_step = max(reading, _measure(step, batch, device))
    frames = training.batch * training.sequence / parallel.world_size()
    # What the last stage learns from is predicted first, forward alone: a third of a step's work a frame.
    predicting = _frames(entries) * a_step / frames / 3 if isinstance(config, CVGConfig) else 0.0
    return Costs(a_step, predicting)


def _steps_left(run: Path, info: RunInfo, stage: Stage, steps: int) -> int:
    """Count a stage's steps; it begins anew where one that it goes on from is trained."""
    if info.recipe.goes_on_from(stage):
        return steps
    done = max((int(path.stem.removeprefix("step_")) for path in step_paths(run, stage)), default=0)
    if is_trained(run, info, stage):
        facts = info.stages[stage]
        done = max(done, facts.get("steps_wanted", facts.get("steps", 0)))
    return max(0, steps - done)


def _frames(entries: Sequence[ManifestEntry]) -> int:
    return sum(entry.frames for entry in entries)


def _measure(step: TakeStep, batch: Batch, device: torch.device) -> float:
    """Measure the seconds of a step, the first one left out."""

    def optimizer_step(loss: Tensor, network: nn.Module, _: torch.optim.Optimizer) -> None:
        network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)

    seconds = 0.0
    for _ in range(3):
        started = time.perf_counter()
        step(batch, optimizer_step)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds = time.perf_counter() - started
        if seconds > LONG:
            break
    return seconds


def _keypoints(config: KHPConfig, info: RunInfo, device: torch.device, precision: torch.dtype) -> TakeStep:
    network = KHP(config, info.fps).to(device)
    optimiser = torch.optim.Adam(network.parameters())
    spec = stage_spec(info.recipe, "khp", info.size, info.fps)
    edge = config.heatmap_size

    def step(batch: Batch, optimizer_step: TakeOptimizerStep) -> None:
        windows = batch.windows.to(device)
        count, length = len(windows), windows.shape[1]
        inputs = {**_random_inputs(spec, count, length, device), "windows": windows}
        state = initial_state(spec, inputs, batch=count, device=device)
        with autocast(device, precision):
            late, _ = network(inputs, state)
        predicted = flatten_time(late[:, spec.lookahead :].float())
        real, visible = (flatten_time(each.to(device)) for each in (batch.keypoints, batch.visible))
        maps = [heatmap(keypoints, edge, edge, visible_bp=visible) for keypoints in (predicted, real)]
        loss = coordinate_loss(predicted, real, visible, 1.0) + heatmap_loss(maps[0], maps[1], 1.0)
        optimizer_step(loss, network, optimiser)

    return step


def _coarse(config: CVGConfig, info: RunInfo, device: torch.device, precision: torch.dtype) -> TakeStep:
    network = to_device(CVG(config, info.fps), device)
    if config.hears_as_khp:
        freeze_hearing(network)  # which is quicker
    optimiser = torch.optim.Adam(network.parameters())
    spec = stage_spec(info.recipe, "cvg", info.size, info.fps)

    def step(batch: Batch, optimizer_step: TakeOptimizerStep) -> None:
        windows = batch.windows[:, 1:].to(device)
        count, length = len(windows), batch.valid.shape[1] - 1
        inputs = {**_random_inputs(spec, count, length, device), "windows": windows}
        real = torch.rand(spec.output.shape(batch=count, frames=length), device=device)
        mask = torch.zeros(count, length, dtype=torch.bool, device=device)
        state = initial_state(spec, inputs, batch=count, device=device)
        with autocast(device, precision):
            coarse, _ = network(inputs, state, real, mask, heard_only=windows.shape[1] - length)
        optimizer_step(pixel_loss(coarse.float(), real), network, optimiser)

    return step


def _random_inputs(spec: StageSpec, batch: int, frames: int, device: torch.device) -> dict[str, Tensor]:
    """Draw noise in the place of a network's inputs, in the shapes of its spec."""
    return {
        array.name: torch.rand(array.shape(batch=batch, frames=frames), device=device)
        for array in spec.inputs
    }


def _final(
    config: STUConfig, info: RunInfo, device: torch.device, precision: torch.dtype, options: TrainOptions
) -> TakeStep:
    weights = find_weights(options.vgg_weights) if config.perceptual_blocks else None
    vgg = VGGFeatures(weights, config.perceptual_blocks).to(device) if weights else None
    perceive = Perception(vgg, "", config.perceptual_downscale)
    both = STUStep(config, perceive, device=device, precision=precision)
    spec = stage_spec(info.recipe, "stu", info.size, info.fps)
    moments = config.discriminator.pairs
    pairs = Pairs(
        torch.zeros(moments, info.size, info.size, 3, dtype=torch.uint8),
        torch.zeros(moments, CQT_BINS, WINDOW_COLUMNS),
        ~torch.eye(moments, dtype=torch.bool),
    )

    def step(batch: Batch, optimizer_step: TakeOptimizerStep) -> None:
        assert batch.frames is not None
        count, length = batch.keypoints.shape[:2]
        inputs = {**_random_inputs(spec, count, length, device), "windows": batch.windows.to(device)}
        state = initial_state(spec, inputs, batch=count, device=device)
        real = without_padding(image_to_tensor(batch.frames), batch.valid)
        real = real.to(device, memory_format=torch.channels_last)
        window = draw_window(info.size, config, 0, 0)
        both.take(inputs, state, real, batch.valid, pairs, optimizer_step, window)

    return step
