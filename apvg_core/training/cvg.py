"""Training of coarse video generation (section III.B): Eq. 4, on the network's own previous frames."""

from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from apvg_core.data.windows import SequenceSampler
from apvg_core.generation.runtime import choose_device, place, precision
from apvg_core.losses import pixel_loss
from apvg_core.models.cvg import CVG
from apvg_core.models.layers import image_to_tensor, parameter_count, tensor_to_image
from apvg_core.models.vgg import find_weights
from apvg_core.progress import Progress, silent
from apvg_core.training.common import Books, TrainOptions, prepare
from apvg_core.training.samples import Picture, grid


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `cvg` of a run on shards.

    Within a sequence the network only ever sees its own output. What it starts from is disturbed
    (`disturb`), so that it learns to find back to the performer from any frame it may drift into.

    Raises:
        ApvgError: Something is missing or does not fit; see `common.prepare`.
    """
    task = prepare(shards, run, "cvg", options)
    device = choose_device(options.device)
    config, training = task.info.recipe.cvg, task.training
    size = task.info.size // config.downscale
    torch.manual_seed(options.seed)
    network = CVG(config)
    origin = None
    if network.image_encoder.vgg.fits_vgg19 and not options.resume:
        weights = find_weights(options.vgg_weights)
        if weights is not None:
            network.image_encoder.vgg.load(weights)
            origin = weights.origin
    network = place(network, device)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr)
    sampler = SequenceSampler(
        shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence + 1, seed=options.seed, frames=True,
    )  # fmt: skip
    references = _shrink(image_to_tensor(task.conditions.reference), size).to(device)

    with Books(
        task,
        "cvg",
        {"network": network},
        {"optimiser": optimiser},
        resume=options.resume,
        on_progress=on_progress,
    ) as books:
        for step, batch in sampler.batches(books.first_step, training.steps):
            books.begin(step)
            dice = torch.Generator().manual_seed(hash_of(options.seed, step))
            assert batch.frames is not None
            frames = _shrink(image_to_tensor(batch.frames.flatten(0, 1)), size)
            real = frames.unflatten(0, (training.batch, -1)).to(device)
            reference = references[batch.performer]
            start = disturb(real[:, 0], reference, config.perturbation, dice)
            noise = torch.randn(training.batch, config.noise, generator=dice).to(device)
            with precision(device):
                coarse, _ = network(
                    batch.windows[:, 1:].to(device), noise, reference, network.initial_state(start)
                )
            terms = {"coarse": pixel_loss(coarse.float(), real[:, 1:])}
            optimiser.zero_grad(set_to_none=True)
            terms["coarse"].backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), training.clip_norm)
            optimiser.step()
            books.end(step, terms, partial(_sample, real[0, 1:], coarse[0].detach().float()))
        books.finish({"parameters": parameter_count(network), "vgg": origin})


def hash_of(seed: int, step: int) -> int:
    """One number for a generator from a seed and a step."""
    return (seed * 1_000_003 + step) % 2**63


def _shrink(frames_n3hw: Tensor, size: int) -> Tensor:
    return F.interpolate(frames_n3hw, size=(size, size), mode="area")


def disturb(previous_b3hw: Tensor, reference_b3hw: Tensor, strength: float, dice: torch.Generator) -> Tensor:
    """A frame to start a sequence from: somewhere between the true one, the reference, and ruin.

    Each sequence gets its own mixture of the true previous frame and the reference, its own change of
    brightness and its own noise, none of them larger than `strength`.
    """
    batch, device = len(previous_b3hw), previous_b3hw.device

    def uniform() -> Tensor:
        return torch.rand(batch, 1, 1, 1, generator=dice).to(device)

    mixture = uniform()
    frame = mixture * previous_b3hw + (1 - mixture) * reference_b3hw
    brightness = strength * uniform() * (2 * uniform() - 1)
    grain = torch.randn(previous_b3hw.shape, generator=dice).to(device)
    return (frame + brightness + 0.5 * strength * uniform() ** 2 * grain).clamp(0, 1)


def _sample(real_t3hw: Tensor, coarse_t3hw: Tensor) -> Picture:
    """Real frames above coarse ones."""
    return grid([list(tensor_to_image(frames[:8]).cpu().numpy()) for frames in (real_t3hw, coarse_t3hw)])
