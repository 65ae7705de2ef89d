"""Training of coarse video generation (section III.B): Eq. 4, on the network's own previous frames."""

import logging
from functools import partial
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from apvg_core.data.windows import SequenceSampler
from apvg_core.generation.runtime import place, precision
from apvg_core.losses import pixel_loss
from apvg_core.models.cvg import CVG
from apvg_core.models.layers import image_to_tensor, parameter_count, tensor_to_image
from apvg_core.models.vgg import find_weights
from apvg_core.progress import Progress, silent
from apvg_core.training.recorder import Recorder
from apvg_core.training.samples import Picture, grid
from apvg_core.training.task import Task, TrainOptions, prepare

log = logging.getLogger(__name__)


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `cvg` of a run on shards.

    Within a sequence the network only ever sees its own output. What it starts from is disturbed
    (`disturb`), so that it learns to find back to the performer from any frame it may drift into.

    Raises:
        ApvgError: Something is missing or does not fit; see `task.prepare`.
    """
    task = prepare(shards, run, "cvg", options)
    device = task.device
    config, training = task.info.recipe.cvg, task.training
    size = task.info.size // config.downscale
    torch.manual_seed(task.seed)
    network = CVG(config)
    origin = _start_from_vgg(network, task, options)
    network = place(network, device)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr)
    sampler = SequenceSampler(
        shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence + 1, seed=task.seed, frames=True,
    )  # fmt: skip
    references = _shrink(image_to_tensor(task.conditions.reference), size).to(device)

    with Recorder(
        task, {"network": network}, {"optimiser": optimiser},
        facts={"parameters": parameter_count(network), "vgg": origin}, on_progress=on_progress,
    ) as recorder:  # fmt: skip
        for step, batch in sampler.batches(recorder.first_step, training.steps):
            recorder.begin(step)
            generator = torch.Generator().manual_seed(hash_of(task.seed, step))
            assert batch.frames is not None
            frames = _shrink(image_to_tensor(batch.frames.flatten(0, 1)), size)
            real = frames.unflatten(0, (training.batch, -1)).to(device)
            reference = references[batch.performer]
            start = disturb(real[:, 0], reference, config.perturbation, generator)
            noise = torch.randn(training.batch, config.noise, generator=generator).to(device)
            with precision(device):
                coarse, _ = network(
                    batch.windows[:, 1:].to(device), noise, reference, network.initial_state(start)
                )
            terms = {"coarse": pixel_loss(coarse.float(), real[:, 1:])}
            recorder.descend(step, terms["coarse"], network, optimiser)
            recorder.end(step, terms, partial(_sample, real[0, 1:], coarse[0].detach().float()))
        recorder.finish()


def _start_from_vgg(network: CVG, task: Task, options: TrainOptions) -> str | None:
    """Give a fresh image encoder pretrained weights where its widths are VGG-19's, and tell their origin."""
    if task.checkpoint:
        return cast("str | None", task.checkpoint.facts["vgg"])
    stem = network.image_encoder.vgg
    if not stem.fits_vgg19:
        if options.vgg_weights is not None:
            log.warning(
                "Recipe %s has an image encoder thinner than VGG-19: --vgg-weights is not used.",
                task.info.recipe.name,
            )
        return None
    weights = find_weights(options.vgg_weights)
    if weights is None:
        return None
    stem.load(weights)
    return weights.origin


def hash_of(seed: int, step: int) -> int:
    """One number for a generator from a seed and a step."""
    return (seed * 1_000_003 + step) % 2**63


def _shrink(frames_n3hw: Tensor, size: int) -> Tensor:
    return F.interpolate(frames_n3hw, size=(size, size), mode="area")


def disturb(
    previous_b3hw: Tensor, reference_b3hw: Tensor, strength: float, generator: torch.Generator
) -> Tensor:
    """A frame to start a sequence from: somewhere between the true one, the reference, and ruin.

    Each sequence gets its own mixture of the true previous frame and the reference, its own change of
    brightness (at most `strength`) and its own grain (of a deviation of at most half of `strength`).
    """
    batch, device = len(previous_b3hw), previous_b3hw.device

    def uniform() -> Tensor:
        return torch.rand(batch, 1, 1, 1, generator=generator).to(device)

    mixture = uniform()
    frame = mixture * previous_b3hw + (1 - mixture) * reference_b3hw
    brightness = strength * uniform() * (2 * uniform() - 1)
    grain = torch.randn(previous_b3hw.shape, generator=generator).to(device)
    return (frame + brightness + 0.5 * strength * uniform() ** 2 * grain).clamp(0, 1)


def _sample(real_t3hw: Tensor, coarse_t3hw: Tensor) -> Picture:
    """Real frames above coarse ones."""
    return grid([list(tensor_to_image(frames[:8]).cpu().numpy()) for frames in (real_t3hw, coarse_t3hw)])
