"""Networks as OpenVINO wants to trace them."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.run import RunInfo
from apvg_core.runtime.openvino_layers import exchange
from apvg_core.runtime.pytorch import build, starter


def traced(
    run: Path, info: RunInfo, stage: Stage, shapes: Sequence[tuple[int, ...] | None]
) -> tuple[torch.jit.ScriptModule, tuple[Tensor, ...]]:
    """One step of a stage's network, its inputs and outputs in a row; and an example of the inputs.

    Args:
        run: The run folder.
        info: What it is.
        stage: Which.
        shapes: Of the step's inputs; None for those that are always None, which are left out of the row.

    Raises:
        RunError: The run is damaged or lacks the stage.
    """
    network = build(run, stage)
    inputs = [None if shape is None else torch.zeros(shape) for shape in shapes]
    first = [x for x in inputs[-1:] if x is not None] if stage == "cvg" else []
    state = starter(stage, network, info.size, torch.device("cpu"))(*first)
    row = (*(x for x in inputs if x is not None), *state)
    exchange(network)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what tracing makes constant, and all of that is
        step = InARow(network, [x is not None for x in inputs])
        return torch.jit.trace(step, row, check_trace=False), row


class InARow(nn.Module):
    """A step whose inputs and outputs stand in a row, the state last; inputs that are None are left out."""

    def __init__(self, network: nn.Module, present: Sequence[bool]) -> None:
        super().__init__()
        self.network = network
        self.present = present

    def forward(self, *row: Tensor) -> tuple[Tensor, ...]:
        """The output, then the next state."""
        rest = iter(row)
        inputs = [next(rest) if present else None for present in self.present]
        output, state = self.network(*inputs, tuple(rest))
        return output, *state
