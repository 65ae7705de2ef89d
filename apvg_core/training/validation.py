"""Validation of a training: its result, and the sequences, always the same, that are not trained on."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.training.setup import TrainingSetup

_SEED: Final = 20_210
"""Not the training's: every seed is validated on the same sequences."""


@dataclass(frozen=True)
class Validation:
    """Result of the network that would generate on held-out footage.

    Attributes:
        loss: The weighted sum of the losses; the lowest one is the best.
        losses: The losses by name.
        image: A sample to view, (h, w, 3).
    """

    loss: float
    losses: dict[str, float]
    image: npt.NDArray[np.uint8]


def held_out_sampler(
    setup: TrainingSetup, *, sequences: int, length: int, frames: bool, lookahead: int = 0
) -> SequenceSampler:
    """Make a sampler of `sequences` of up to `length` frames, as long as the held-out recordings allow."""
    longest = max(entry.frames for entry in setup.held_out)
    return SequenceSampler(
        setup.shards, setup.held_out, performers=setup.info.performers, batch=sequences,
        length=min(length, longest), seed=_SEED, frames=frames, lookahead=lookahead,
    )  # fmt: skip


def held_out_batch(
    setup: TrainingSetup, *, sequences: int, length: int, frames: bool, lookahead: int = 0
) -> Batch:
    """Draw the held-out sequences, on the training's device but for the images."""
    sampler = held_out_sampler(setup, sequences=sequences, length=length, frames=frames, lookahead=lookahead)
    batch = sampler.draw(0)
    device = setup.device
    return replace(
        batch,
        windows=batch.windows.to(device),
        keypoints=batch.keypoints.to(device),
        visible=batch.visible.to(device),
    )
