"""Sequences of a training: those it learns from, and those, always the same, that it is validated on."""

from dataclasses import replace
from typing import Final

from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.training import parallel
from apvg_core.training.setup import TrainingSetup

_SEED: Final = 20_210
"""Not the training's: every seed is validated on the same sequences."""


def training_sampler(
    setup: TrainingSetup,
    *,
    length: int,
    frames: bool,
    history: int = 0,
    lookahead: int = 0,
    least: int = 2,
) -> SequenceSampler:
    """Make the sampler of a training's batches, of which each process draws its share.

    Args:
        setup: The training.
        length: Frames a sequence.
        frames: Also read the images.
        history: Also read the windows of that many frames before each sequence.
        lookahead: Also read the windows of that many frames after each sequence.
        least: Frames of the shortest recording that can be learned from.
    """
    return SequenceSampler(
        setup.shards, setup.entries, performers=setup.info.performers, batch=setup.training.batch,
        length=length, seed=setup.seed, frames=frames, history=history, lookahead=lookahead,
        least=least, share=(parallel.rank(), parallel.world_size()),
    )  # fmt: skip


def moments_sampler(setup: TrainingSetup, count: int) -> SequenceSampler:
    """Make the sampler of `count` single frames a step, which all processes draw: each compares all."""
    return SequenceSampler(
        setup.shards, setup.entries, performers=setup.info.performers, batch=count, length=1,
        seed=setup.seed, frames=True,
    )  # fmt: skip


def held_out_sampler(
    setup: TrainingSetup, *, sequences: int, length: int, frames: bool, history: int = 0, lookahead: int = 0
) -> SequenceSampler:
    """Make a sampler of `sequences` of `length` frames, or as many as the longest held-out recording has."""
    longest = max(entry.frames for entry in setup.held_out)
    return SequenceSampler(
        setup.shards, setup.held_out, performers=setup.info.performers, batch=sequences,
        length=min(length, longest), seed=_SEED, frames=frames, history=history, lookahead=lookahead,
    )  # fmt: skip


def held_out_batch(
    setup: TrainingSetup, *, sequences: int, length: int, frames: bool, history: int = 0, lookahead: int = 0
) -> Batch:
    """Draw the held-out sequences; windows, keypoints and what is visible on the training's device."""
    sampler = held_out_sampler(
        setup, sequences=sequences, length=length, frames=frames, history=history, lookahead=lookahead
    )
    batch = sampler.draw(0)
    device = setup.device
    return replace(
        batch,
        windows=batch.windows.to(device),
        keypoints=batch.keypoints.to(device),
        visible=batch.visible.to(device),
    )
