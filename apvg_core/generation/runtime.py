"""Where networks run: device, precision, and a run's networks loaded for generation."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from apvg_core.config import CVGConfig, KHPConfig, STUConfig
from apvg_core.errors import ConfigError
from apvg_core.models.cvg import CVG
from apvg_core.models.khp import KHP
from apvg_core.models.stu import STU
from apvg_core.run import (
    Conditions,
    RunInfo,
    Stage,
    load_weights,
    read_conditions,
    read_run,
    read_stage_config,
)


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
    """A run ready to generate.

    Attributes:
        info: What the run is.
        conditions: What the networks are told of each performer.
        device: Where they run.
        khp: Sound to keypoints.
        cvg: Sound to coarse frames.
        stu: All to the final frames; None where only the first two were asked for.
    """

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


def load_networks(run: Path, device: torch.device, *, final: bool = True) -> Networks:
    """Load a run's networks.

    Args:
        run: The run folder.
        device: Where they shall run.
        final: Also the STU.

    Raises:
        RunError: The run is damaged or lacks a stage.
    """
    info = read_run(run)
    khp = KHP(read_stage_config(run, "khp", KHPConfig))
    cvg = CVG(read_stage_config(run, "cvg", CVGConfig))
    stu = STU(read_stage_config(run, "stu", STUConfig)) if final else None
    stages: tuple[tuple[Stage, nn.Module | None], ...] = (("khp", khp), ("cvg", cvg), ("stu", stu))
    for stage, network in stages:
        if network is not None:
            load_weights(run, stage, network)
            place(network.requires_grad_(False).eval(), device)
    return Networks(info, read_conditions(run), device, khp, cvg, stu)
