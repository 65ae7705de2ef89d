"""The sequences that a training is examined by: always the same, from footage it is not trained on."""

from dataclasses import replace
from typing import Final

from apvg_core.data.windows import Batch, SequenceSampler
from apvg_core.training.setup import Task

_SEED: Final = 20_210
"""Not the training's: every seed is examined by the same sequences."""


def held_out_sampler(
    task: Task, *, sequences: int, length: int, frames: bool, ahead: int = 0
) -> SequenceSampler:
    """Draws `sequences` of up to `length` frames, as long as the recordings allow; see `SequenceSampler`."""
    longest = max(entry.frames for entry in task.held_out)
    return SequenceSampler(
        task.shards, task.held_out, performers=task.info.performers, batch=sequences,
        length=min(length, longest), seed=_SEED, frames=frames, lookahead=ahead,
    )  # fmt: skip


def held_out_batch(task: Task, *, sequences: int, length: int, frames: bool, ahead: int = 0) -> Batch:
    """The sequences, on the task's device but for the images."""
    sampler = held_out_sampler(task, sequences=sequences, length=length, frames=frames, ahead=ahead)
    batch = sampler.draw(0)
    device = task.device
    return replace(
        batch,
        windows=batch.windows.to(device),
        keypoints=batch.keypoints.to(device),
        visible=batch.visible.to(device),
    )
