"""A run ready to generate: its networks as steps, which PyTorch or OpenVINO takes.

Everything here is NumPy, and neither runtime is imported before it is chosen.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from apvg_core.config import STAGES, Stage
from apvg_core.errors import ConfigError, DependencyError
from apvg_core.run.conditions import Conditions, read_conditions
from apvg_core.run.info import RunInfo, read_run
from apvg_core.run.note_positions import NOTE_POSITIONS, NotePositions, read_note_positions
from apvg_core.runtime.step import Step

Runtime = Literal["auto", "torch", "openvino"]


@dataclass(frozen=True)
class Networks:
    """A run ready to generate.

    Attributes:
        name: Its folder's.
        info: Facts about the run.
        conditions: Conditions of the networks.
        khp: Sound to keypoints; None where the recipe has none, or others were asked for.
        cvg: Sound to coarse frames; likewise.
        stu: All to the final frames; likewise.
        note_positions: How its performers play notes, by name; empty where the run does not tell.
    """

    name: str
    info: RunInfo
    conditions: Conditions
    khp: Step | None
    cvg: Step | None
    stu: Step | None
    note_positions: Mapping[str, NotePositions] = field(default_factory=dict)

    def performer_index(self, performer: str | None) -> int:
        """Find the index of a performer; None is the first.

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


def load_networks(
    run: Path,
    *,
    device: str = "auto",
    runtime: Runtime = "auto",
    stages: Sequence[Stage] | None = None,
    threads: int | None = None,
) -> Networks:
    """Load a run's networks.

    Args:
        run: The run folder.
        device: "auto" (a GPU where there is one), "cpu", "cuda", ...
        runtime: The library that computes; "auto" is OpenVINO on a CPU, where it is installed, else PyTorch.
        stages: Which; None are all that the recipe has.
        threads: That OpenVINO computes with; None is one a core. PyTorch has a setting of its own.

    Raises:
        RunError: The run is damaged or lacks a stage.
        ConfigError: There is no such device, or it is none of the runtime's.
        DependencyError: The runtime is not installed.
    """
    info = read_run(run)
    wanted = info.recipe.stages if stages is None else tuple(stages)
    if _on_openvino(device, runtime):
        from apvg_core.runtime import openvino

        steps = openvino.load_steps(run, info, wanted, threads=threads)
    else:
        from apvg_core.runtime import pytorch
        from apvg_core.runtime.devices import choose_device

        steps = pytorch.load_steps(run, info, wanted, choose_device(device))
    conditions = read_conditions(run, info)
    positions = read_note_positions(run / NOTE_POSITIONS) or {}
    khp, cvg, stu = (steps.get(stage) for stage in STAGES)
    return Networks(
        name=run.resolve().name, info=info, conditions=conditions, khp=khp, cvg=cvg, stu=stu,
        note_positions=positions,
    )  # fmt: skip


def _on_openvino(device: str, runtime: Runtime) -> bool:
    """Decide whether OpenVINO computes, and check that it can."""
    if runtime == "torch" or (runtime == "auto" and not _is_cpu(device)):
        return False
    if device not in ("auto", "cpu"):
        raise ConfigError(f"--runtime openvino computes on the CPU only; leave out --device {device}.")
    try:
        from apvg_core.runtime import openvino  # noqa: F401 (it may be missing, or broken)
    except ImportError as error:
        if runtime == "auto":
            return False
        raise DependencyError(
            f"--runtime openvino is not available ({error}); pip install openvino, or leave it out."
        ) from error
    return True


def _is_cpu(device: str) -> bool:
    """Return True if the device is a CPU; PyTorch, a second to import, is asked only where it must be."""
    if device != "auto":
        return device == "cpu"
    drivers = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # Nvidia's, AMD's, and Windows' for Linux inside it
    if sys.platform == "linux" and not any(Path(driver).exists() for driver in drivers):
        return True
    from apvg_core.runtime.devices import choose_device

    return choose_device(device).type == "cpu"
