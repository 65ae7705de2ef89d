"""Training of the structured temporal UNet (section III.C): Eqs. 5, 6 and 7, on what KHP and CVG predict."""

import logging
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from apvg_core.config import STUConfig
from apvg_core.data.windows import SequenceSampler
from apvg_core.errors import ConfigError
from apvg_core.generation.runtime import load_networks, place, precision
from apvg_core.losses import (
    discriminator_loss,
    generator_loss,
    perceptual_loss,
    pixel_loss,
    weighted_sum,
)
from apvg_core.models.discriminator import Discriminator
from apvg_core.models.dlt import heatmap
from apvg_core.models.layers import flatten_time, image_to_tensor, parameter_count, tensor_to_image
from apvg_core.models.stu import STU
from apvg_core.models.vgg import VGGFeatures, find_weights
from apvg_core.progress import Progress, silent
from apvg_core.training.checkpoint import checkpoint_path
from apvg_core.training.predictions import Predictions
from apvg_core.training.recorder import Recorder
from apvg_core.training.samples import Picture, grid
from apvg_core.training.task import TrainOptions, prepare

log = logging.getLogger(__name__)


def train(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train the stage `stu` of a run on shards.

    Raises:
        ApvgError: KHP or CVG is missing, or something does not fit; see `task.prepare`.
    """
    task = prepare(shards, run, "stu", options)
    device = task.device
    networks = load_networks(run, device, final=False)
    config, training = task.info.recipe.stu, task.training
    torch.manual_seed(task.seed)
    network = place(STU(config), device)
    discriminator = place(Discriminator(config.discriminator), device)
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr)
    discriminator_optimiser = torch.optim.Adam(discriminator.parameters(), lr=training.lr)
    vgg = find_weights(options.vgg_weights) if config.perceptual_blocks else None
    if options.vgg_weights is not None and vgg is None:
        log.warning("Recipe %s compares pixels: --vgg-weights is not used.", task.info.recipe.name)
    perceptual = vgg.origin if vgg else "pixels"
    if task.checkpoint and task.checkpoint.facts["perceptual"] != perceptual:
        raise ConfigError(
            f"stu was begun with the perceptual loss of {task.checkpoint.facts['perceptual']}, now it is "
            f"{perceptual}; give the same --vgg-weights."
        )
    psi = VGGFeatures(vgg, config.perceptual_blocks).to(device) if vgg else None
    perceive = Perception(psi, config.perceptual_downscale)

    sampler = SequenceSampler(
        shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence, seed=task.seed, frames=True,
    )  # fmt: skip
    predictions = Predictions(
        checkpoint_path(run, "stu").parent / "predicted", networks, sampler.shards,
        [entry.sha256 for entry in task.entries], sampler.performers,
        seed=task.seed, on_progress=on_progress,
    )  # fmt: skip
    references = image_to_tensor(task.conditions.reference).to(device)
    weights = {
        "pixel": config.weight_pixel,
        "perceptual": config.weight_perceptual,
        "adversarial": config.weight_adversarial,
    }

    with Recorder(
        task,
        {"network": network, "discriminator": discriminator},
        {"optimiser": optimiser, "discriminator_optimiser": discriminator_optimiser},
        facts={"parameters": parameter_count(network), "perceptual": perceptual}, on_progress=on_progress,
    ) as recorder:  # fmt: skip
        for step, batch in sampler.batches(recorder.first_step, training.steps):
            recorder.begin(step)
            coarse, keypoints = (x.to(device) for x in predictions.of(batch))
            windows = batch.windows.to(device)
            assert batch.frames is not None
            real = flatten_time(image_to_tensor(batch.frames)).to(device, memory_format=torch.channels_last)
            state = network.initial_state(training.batch, task.info.size, device)

            with precision(device):
                generated_btchw, _ = network(coarse, keypoints, windows, references[batch.performer], state)
                generated, sound = flatten_time(generated_btchw), flatten_time(windows)

                discriminator.requires_grad_(False)
                judged = discriminator(generated, sound)
                terms = {
                    "pixel": pixel_loss(generated.float(), real),
                    "perceptual": perceptual_loss(perceive(generated), perceive(real)),
                    "adversarial": generator_loss(judged.float()),
                }
            recorder.descend(step, weighted_sum(terms, weights), network, optimiser)

            discriminator.requires_grad_(True)
            with precision(device):
                logits = _judge(discriminator, config, real, generated.detach(), sound)
            terms["discriminator"] = discriminator_loss(*logits)
            recorder.descend(step, terms["discriminator"], discriminator, discriminator_optimiser)

            sample = partial(_sample, real, keypoints[0], coarse[0], generated.detach().float())
            recorder.end(step, terms, sample)
        recorder.finish()


class Perception:
    """ψ of Eq. 7: VGG features of (shrunk) pictures; where no VGG is to be had, the pictures themselves."""

    def __init__(self, vgg: VGGFeatures | None, downscale: int) -> None:
        self._vgg, self._downscale = vgg, downscale

    def __call__(self, frames_n3hw: Tensor) -> list[Tensor]:
        """Features of pictures in [0, 1], from fine to coarse."""
        small = F.avg_pool2d(frames_n3hw, self._downscale) if self._downscale > 1 else frames_n3hw
        return [small] if self._vgg is None else self._vgg(small)


def _judge(
    discriminator: Discriminator, config: STUConfig, real: Tensor, generated: Tensor, sound: Tensor
) -> list[Tensor]:
    """Logits of real, generated and (where the recipe wants them) mismatched pairs."""
    logits = [discriminator(real, sound), discriminator(generated, sound)]
    if config.discriminator.mismatched_pairs:
        # The next frame's sound is nearly the same; half a batch further it is another moment's.
        logits.append(discriminator(real, sound.roll(len(sound) // 2, 0)))
    return [part.float() for part in logits]


def _sample(real_n3hw: Tensor, keypoints_tp2: Tensor, coarse_t3hw: Tensor, generated_n3hw: Tensor) -> Picture:
    """Rows: real, heatmap, coarse, final; columns: the frames of the first sequence."""
    count, size = len(keypoints_tp2), real_n3hw.shape[-1]
    # Points of one pixel would vanish in a small picture.
    marks = F.max_pool2d(heatmap(keypoints_tp2, size, size), 5, stride=1, padding=2).expand(-1, 3, -1, -1)
    rows = (real_n3hw[:count], marks, coarse_t3hw, generated_n3hw[:count])
    return grid([list(tensor_to_image(row[:8]).cpu().numpy()) for row in rows], 192)
