"""Where networks run: device, precision, and a run's networks loaded for generation."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from apvg_core.errors import ConfigError, RunError
from apvg_core.models.cvg import CVG
from apvg_core.models.khp import KHP
from apvg_core.models.stu import STU
from apvg_core.run import STAGES, Conditions, RunInfo, Stage, load_stage, read_conditions, read_run


def choose_device(name: str) -> torch.device:
    """The device of that name; "auto" is the first GPU, else the CPU.

    Raises:
        ConfigError: There is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ConfigError(f"--device {name} is not to be had here; leave it out or use cpu.") from error
    return device


def precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 arithmetic on a GPU; float32 elsewhere."""
    if device.type == "cuda":
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return contextlib.nullcontext()


M = TypeVar("M", bound=nn.Module)


def place(network: M, device: torch.device) -> M:
    """Put a network on a device, channels innermost: several times as fast on a CPU."""
    return network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Networks:
    """A run ready to generate. `cvg` or `stu` are None only where they were not asked for."""

    info: RunInfo
    conditions: Conditions
    device: torch.device
    khp: KHP
    cvg: CVG
    stu: STU | None

    def performer_index(self, performer: str | None) -> int:
        """The index of a performer; None is the first.

        Raises:
            ConfigError: The run holds no such performer.
        """
        if performer is None:
            return 0
        if performer not in self.info.performers:
            raise ConfigError(
                f"--performer {performer} is not in the run; it holds {', '.join(self.info.performers)}."
            )
        return self.info.performers.index(performer)


def load_networks(run: Path, device: torch.device, *, stages: tuple[Stage, ...] = STAGES) -> Networks:
    """Load a run's networks.

    Args:
        run: The run folder.
        device: Where they shall run.
        stages: The first two, or all three.

    Raises:
        RunError: The run is damaged or lacks a stage.
    """
    info = read_run(run)
    for stage in stages:
        if stage not in info.stages:
            raise RunError(
                f"{run} lacks the stage {stage}; train it with 'apvg train-{stage} SHARDS --run {run}'."
            )
    recipe = info.recipe
    khp, cvg = KHP(recipe.khp), CVG(recipe.cvg)
    stu = STU(recipe.stu) if "stu" in stages else None
    for stage, network in (("khp", khp), ("cvg", cvg), ("stu", stu)):
        if network is not None:
            load_stage(run, stage, network)
            place(network.requires_grad_(False).eval(), device)
    return Networks(info, read_conditions(run), device, khp, cvg, stu)
