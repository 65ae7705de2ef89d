"""Training of the rivals of Table III, in the STU's place: on what KHP predicts, with their own losses."""

from typing import Final

import torch
from torch import Tensor, nn

from apvg_core.config import EBDNConfig, Vid2VidConfig
from apvg_core.data.conditions import mean_frames
from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.layers.blocks import flatten_time, image_to_tensor, parameter_count
from apvg_core.layers.dlt import heatmaps
from apvg_core.losses import (
    feature_matching_loss,
    flow_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    perceptual_loss,
    pixel_loss,
    weighted_sum,
)
from apvg_core.progress import Progress
from apvg_core.runtime.devices import autocast, place
from apvg_core.runtime.load import load_networks
from apvg_core.stages.stu.baselines import build_rival
from apvg_core.stages.stu.baselines.baseline import Rival
from apvg_core.stages.stu.baselines.patch_discriminator import MultiScaleDiscriminator
from apvg_core.training import parallel
from apvg_core.training.held_out import held_out_sampler
from apvg_core.training.logbook import Examination
from apvg_core.training.perception import Perception
from apvg_core.training.predictions import Predictions
from apvg_core.training.samples import draw_strip
from apvg_core.training.setup import Task, TrainOptions
from apvg_core.training.trainer import Recorder

EXAMINED: Final = {"sequences": 2, "length": 8}

BETAS: Final = (0.5, 0.999)
"""Adam's, of both papers."""

Features = list[list[Tensor]]
"""What the discriminators see: the feature maps of each scale, the last of which is its verdict."""


def train(
    task: Task, config: EBDNConfig | Vid2VidConfig, options: TrainOptions, on_progress: Progress
) -> None:
    """Train a rival as the stage `stu` of a run.

    A sequence is generated frame after frame, each after its own, from no past at all: as at generation. All
    its frames, and all runs of consecutive ones, are judged; the papers draw some of them at random.

    Raises:
        ApvgError: KHP is missing, or something does not fit.
    """
    device, training = task.device, task.training
    networks = load_networks(
        task.run, device=str(device), runtime="torch", stages=task.info.recipe.stages[:-1]
    )
    torch.manual_seed(task.seed)
    network = place(build_rival(config), device)
    discriminators = place(
        nn.ModuleList(MultiScaleDiscriminator(config.discriminator, span=span) for span in config.spans),
        device,
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=training.lr, betas=BETAS)
    discriminator_optimiser = torch.optim.Adam(discriminators.parameters(), lr=training.lr, betas=BETAS)
    perceive = Perception.find(options.vgg_weights, config, task)
    sampler = SequenceSampler(
        task.shards, task.entries, performers=task.info.performers, batch=training.batch,
        length=training.sequence, seed=task.seed, frames=True, share=(parallel.rank(), parallel.world()),
    )  # fmt: skip
    everything = range(len(task.entries))
    predictions = Predictions(task, networks, sampler, task.entries, everything, on_progress=on_progress)
    drawn = held_out_sampler(task, frames=True, **EXAMINED)
    examined = drawn.draw(0)
    needed = set(examined.shard.tolist())
    held_out = Predictions(task, networks, drawn, task.held_out, needed, on_progress=on_progress)

    def see(batch: Batch, predictions: Predictions) -> tuple[Tensor, Tensor]:
        """Pose maps (b, t, 1, h, w) and real frames (b, t, 3, h, w)."""
        _, keypoints = predictions.of(batch)
        assert keypoints is not None
        assert batch.frames is not None
        poses = heatmaps(keypoints.to(device), task.info.size, task.info.size)
        return poses, image_to_tensor(batch.frames).to(device)

    def generate(network: Rival, poses: Tensor) -> tuple[Tensor, Tensor | None]:
        """Generated frames (b, t, 3, h, w), and the flows (b, t, 2, h, w) of a rival that has any."""
        frames, flows, _ = network.unroll(poses, network.initial_state(len(poses), poses.shape[-1], device))
        return frames, flows

    def compare(generated: Tensor, real: Tensor) -> dict[str, Tensor]:
        ours, theirs = (
            flatten_time(frames).contiguous(memory_format=torch.channels_last) for frames in (generated, real)
        )
        return {
            "pixel": pixel_loss(ours, theirs),
            "perceptual": perceptual_loss(perceive(ours), perceive(theirs)),
        }

    def judge(poses: Tensor, frames: Tensor) -> Features:
        return [scale for discriminator in discriminators for scale in discriminator(poses, frames)]

    def examine(network: Rival) -> Examination:
        poses, real = see(examined, held_out)
        with autocast(device, task.precision):
            generated, _ = generate(network, poses)
            terms = compare(generated, real)
        weights = {name: config.weights[name] for name in terms}
        return Examination(
            loss=float(weighted_sum(terms, weights)),
            terms={name: float(term) for name, term in terms.items()},
            image=draw_strip(flatten_time(real), *held_out.of(examined), flatten_time(generated)),
        )

    def deaf() -> float:
        """The loss of the mean frame, whatever is played."""
        assert examined.frames is not None
        everybody = mean_frames(task.shards, task.entries, task.info.performers)
        means = image_to_tensor(torch.from_numpy(everybody)[examined.performer]).to(device)
        _, real = see(examined, held_out)
        terms = compare(means[:, None].expand_as(real), real)
        return float(weighted_sum(terms, {name: config.weights[name] for name in terms}))

    with Recorder(
        task,
        {"network": network, "discriminator": discriminators},
        {"optimiser": optimiser, "discriminator_optimiser": discriminator_optimiser},
        examine=examine,
        deaf=deaf,
        facts={"parameters": parameter_count(network), "perceptual": perceive.origin},
        on_progress=on_progress,
    ) as recorder:
        for step, batch in recorder.steps(sampler):
            poses, real = see(batch, predictions)
            with autocast(device, task.precision):
                generated, flows = generate(network, poses)
                of_real = judge(poses, real)
                discriminators.requires_grad_(False)
                of_generated = judge(poses, generated)
                discriminators.requires_grad_(True)
                terms = {
                    **compare(generated, real),
                    "adversarial": least_squares_generator_loss(_verdicts(of_generated)),
                    "features": feature_matching_loss(of_generated, of_real),
                }
                if flows is not None:
                    terms["flow"] = flow_loss(flows, real)
            recorder.descend(step, weighted_sum(terms, config.weights), network, optimiser)

            with autocast(device, task.precision):
                of_generated = judge(poses, generated.detach())
            terms["discriminator"] = least_squares_discriminator_loss(
                _verdicts(of_real), _verdicts(of_generated)
            )
            recorder.descend(step, terms["discriminator"], discriminators, discriminator_optimiser)
            recorder.end(step, terms)
        recorder.finish()


def _verdicts(features: Features) -> list[Tensor]:
    return [scale[-1].float() for scale in features]
