"""Training state on disk: one file, written whole, from which training goes on as if never stopped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from apvg_core.errors import RunError
from apvg_core.run import Stage, write_tensors


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Where a training stands.

    Attributes:
        steps_done: Steps taken.
        steps: Steps it was on its way to.
        seconds: Time it has taken.
        seed: Of everything drawn.
        averages: Running averages of the losses.
        facts: What else must not change when it goes on, and belongs into run.json.
        tensors: Networks' and optimisers', as "<name>/<key>".
    """

    steps_done: int
    steps: int
    seconds: float
    seed: int
    averages: dict[str, float]
    facts: dict[str, Any]
    tensors: dict[str, Tensor] = field(repr=False)


def checkpoint_path(run: Path, stage: Stage) -> Path:
    """Where a stage's training state lies."""
    return run / "state" / stage / "checkpoint.safetensors"


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint.

    Raises:
        RunError: It cannot be written.
    """
    facts = {f.name: getattr(checkpoint, f.name) for f in fields(checkpoint) if f.name != "tensors"}
    write_tensors(path, checkpoint.tensors, metadata={"checkpoint": json.dumps(facts)})


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        RunError: It is damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["checkpoint"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
        return Checkpoint(**facts, tensors=tensors)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path} is damaged; delete {path.parent} and train without --resume.") from error


def gather_tensors(
    networks: Mapping[str, nn.Module], optimisers: Mapping[str, torch.optim.Optimizer]
) -> dict[str, Tensor]:
    """All that changes in training."""
    tensors: dict[str, Tensor] = {}
    for name, network in networks.items():
        tensors |= {f"{name}/{key}": value for key, value in network.state_dict().items()}
    for name, optimiser in optimisers.items():
        for index, slots in optimiser.state_dict()["state"].items():
            tensors |= {f"{name}/{index}.{slot}": value for slot, value in slots.items()}
    return tensors


def restore_tensors(
    tensors: Mapping[str, Tensor],
    networks: Mapping[str, nn.Module],
    optimisers: Mapping[str, torch.optim.Optimizer],
) -> None:
    """Put back what `gather_tensors` took.

    Raises:
        RunError: They are another network's.
    """
    try:
        for name, network in networks.items():
            network.load_state_dict(_part(tensors, name))
        for name, optimiser in optimisers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in _part(tensors, name).items():
                index, slot = key.split(".", 1)
                state.setdefault(int(index), {})[slot] = value
            optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    except (RuntimeError, ValueError, KeyError) as error:
        raise RunError("The checkpoint does not fit the run's recipe; train into a new --run.") from error


def _part(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {k.removeprefix(f"{name}/"): v for k, v in tensors.items() if k.startswith(f"{name}/")}
