"""Training state on disk: files written whole, from any of which training goes on as if never stopped.

`RUN/state/<stage>/` holds the last few as `step_00000250.safetensors`, and `best.safetensors`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from apvg_core.config import Precision, Stage
from apvg_core.config_json import parse
from apvg_core.errors import ConfigError, RunError
from apvg_core.files import parse_json
from apvg_core.former_names import rename_weights
from apvg_core.run.arrays import write_tensors

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """State of a training after a step.

    Attributes:
        steps_done: Steps taken.
        seconds: Time it has taken.
        seed: Seed of everything drawn.
        precision: Its arithmetic, "fp32" or "bf16".
        averages: Running means of the losses.
        best: Step and loss of the best validation so far; empty before the first.
        facts: Facts that belong into run.json: "inputs", ..., which must not change when it goes on, and the
            shards that it learned from.
        tensors: Networks' and optimisers', as "<name>/<key>".
    """

    steps_done: int
    seconds: float
    seed: int
    precision: Precision
    averages: dict[str, float]
    best: dict[str, float]
    facts: dict[str, Any]
    tensors: dict[str, Tensor] = field(repr=False)


def state_folder(run: Path, stage: Stage) -> Path:
    """Return the folder of a stage's training state."""
    return run / "state" / stage


def best_path(run: Path, stage: Stage) -> Path:
    """Return the path of the checkpoint that did best on held-out footage."""
    return state_folder(run, stage) / "best.safetensors"


def step_paths(run: Path, stage: Stage) -> list[Path]:
    """List the last checkpoints, oldest first."""
    names = state_folder(run, stage).glob("step_*.safetensors")
    return sorted(path for path in names if re.fullmatch(r"step_\d+", path.stem))


def newest_checkpoint(run: Path, stage: Stage) -> Checkpoint | None:
    """Read the last checkpoint, if there is one.

    Raises:
        RunError: It is damaged.
    """
    paths = step_paths(run, stage)
    return read_checkpoint(paths[-1]) if paths else None


def save_step(run: Path, stage: Stage, checkpoint: Checkpoint, *, keep: int) -> None:
    """Write a checkpoint beside the last ones, then delete all but the last `keep`.

    Raises:
        RunError: It cannot be written.
    """
    folder = state_folder(run, stage)
    write_checkpoint(folder / f"step_{checkpoint.steps_done:08d}.safetensors", checkpoint)
    for path in step_paths(run, stage)[:-keep]:
        path.unlink()


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint.

    Raises:
        RunError: It cannot be written.
    """
    facts = {f.name: getattr(checkpoint, f.name) for f in fields(checkpoint) if f.name != "tensors"}
    metadata = {"checkpoint": json.dumps(facts), "schema_version": str(SCHEMA_VERSION)}
    write_tensors(path, checkpoint.tensors, metadata=metadata)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        RunError: It is damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            if file.metadata()["schema_version"] != str(SCHEMA_VERSION):
                raise RunError(
                    f"{path} is of another version of apvg; finish with that version, or train "
                    "into a new --run."
                )
            facts = parse_json(file.metadata()["checkpoint"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
        for name, hint in get_type_hints(Checkpoint).items():
            if name != "tensors":
                facts[name] = parse(hint, facts[name], name)
        if min(facts["steps_done"], facts["seed"]) < 0:
            raise ValueError("steps and seed count from 0")
        if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
            raise ValueError("it has numbers that are none")
        return Checkpoint(**facts, tensors=tensors)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, ConfigError) as error:
        raise RunError(f"{path} is damaged; delete it, and --resume goes on from the one before.") from error


def gather_tensors(
    networks: Mapping[str, nn.Module], optimisers: Mapping[str, torch.optim.Optimizer]
) -> dict[str, Tensor]:
    """Gather all tensors that change in training, of any shape, as "<name>/<key>"."""
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
    """Put back the tensors, of any shape, that `gather_tensors` took.

    Raises:
        RunError: They are another network's.
    """
    try:
        for name, network in networks.items():
            network.load_state_dict(rename_weights(part(tensors, name), network))
        for name, optimiser in optimisers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in part(tensors, name).items():
                index, slot = key.split(".", 1)
                state.setdefault(int(index), {})[slot] = value
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            for number, slots in state.items():  # which PyTorch would take as they are
                shape = parameters[number].shape
                if any(value.shape != shape and value.numel() != 1 for value in slots.values()):
                    raise ValueError("slots of other parameters")
            optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    except (RuntimeError, ValueError, KeyError, IndexError) as error:
        raise RunError(
            "The checkpoint does not fit the run's recipe, or is of an earlier version of apvg; train into a "
            "new --run."
        ) from error


def part(tensors: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """Select the tensors, of any shape, of one network or optimiser, under their own keys."""
    return {k.removeprefix(f"{name}/"): v for k, v in tensors.items() if k.startswith(f"{name}/")}
