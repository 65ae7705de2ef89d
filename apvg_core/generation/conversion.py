"""Networks as OpenVINO wants to trace them."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.generation.torch_runtime import build, starter
from apvg_core.run import RunInfo


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
    if stage == "stu":  # the others' pictures are too small to gain by it
        _change_norms(network)
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


class ChannelNorm(nn.Module):
    """What a GroupNorm computes, by means over each channel.

    OpenVINO's own wants other memory than its convolutions, so that all would be copied before and after it.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x_nchw: Tensor) -> Tensor:
        """The normalised maps."""
        centred = x_nchw - self._over_groups(x_nchw)
        scale = torch.rsqrt(self._over_groups(centred * centred) + self.norm.eps)
        weight, bias = (parameter[:, None, None] for parameter in (self.norm.weight, self.norm.bias))
        return centred * (scale * weight) + bias

    def _over_groups(self, x_nchw: Tensor) -> Tensor:
        """Each channel's group's mean (n, c, 1, 1)."""
        groups = self.norm.num_groups
        means = x_nchw.mean((2, 3)).unflatten(1, (groups, -1)).mean(2, keepdim=True)
        return means.expand(-1, -1, self.norm.num_channels // groups).flatten(1)[:, :, None, None]


def _change_norms(network: nn.Module) -> None:
    """Put a ChannelNorm in the place of each GroupNorm behind a convolution of pictures."""
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential) and isinstance(module[0], nn.Conv2d):
            for name, child in module.named_children():
                if isinstance(child, nn.GroupNorm):
                    setattr(module, name, ChannelNorm(child))
