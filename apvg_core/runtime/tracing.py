"""Networks as OpenVINO wants to trace them."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.layers.blocks import tensor_to_image
from apvg_core.runtime.openvino_layers import replace_layers
from apvg_core.runtime.pytorch import load_network
from apvg_core.stages.spec import StageSpec


def trace_step(
    run: Path, stage: Stage, spec: StageSpec, *, frames: int
) -> tuple[torch.jit.ScriptModule, tuple[Tensor, ...]]:
    """Trace one step of a stage's network, its inputs and outputs in a row.

    Args:
        run: The run folder.
        stage: Which.
        spec: The network's interface.
        frames: Frames of a block.

    Returns:
        The step, and an example of its inputs, zeros in the shapes of the spec.

    Raises:
        RunError: The run is damaged or lacks the stage.
    """
    network = load_network(run, stage)
    replace_layers(network)
    row = tuple(torch.zeros(array.shape(frames=frames)) for array in (*spec.inputs, *spec.state))
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what tracing makes constant, and all of that is
        return torch.jit.trace(InARow(network, spec), row, check_trace=False), row


class InARow(nn.Module):
    """A step whose inputs and outputs stand in a row, the state last."""

    def __init__(self, network: nn.Module, spec: StageSpec) -> None:
        super().__init__()
        self.network = network
        self.spec = spec

    def forward(self, *row: Tensor) -> tuple[Tensor, ...]:
        """Go one step; returns the output, then the next state.

        Args:
            *row: Inputs and state in a row, in the shapes of the spec.
        """
        inputs: Mapping[str, Tensor] = dict(zip(self.spec.names, row, strict=False))
        output, state = self.network(inputs, row[len(inputs) :])
        return tensor_to_image(output.float()) if self.spec.images else output, *state
