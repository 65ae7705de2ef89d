"""Steps in PyTorch: on a GPU, and the reference for what other runtimes compute."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.layers.blocks import tensor_to_image
from apvg_core.run import RunInfo, check_weights, load_weights, read_stage_config
from apvg_core.runtime.devices import BUILDERS, autocast, place
from apvg_core.runtime.load import EXACT, Array, Step

State = tuple[Tensor, ...]


class Images(nn.Module):
    """The last stage's network, giving what is shown: images (b, t, h, w, 3) uint8."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def initial_state(self, batch: int, size: int, device: torch.device | str = "cpu") -> State:
        """The network's own."""
        state: State = self.network.initial_state(batch, size, device)
        return state

    def forward(self, *inputs: Any) -> tuple[Tensor, State]:
        """One step; see the network."""
        frames, state = self.network(*inputs)
        return tensor_to_image(frames.float()), state


def build(run: Path, stage: Stage) -> nn.Module:
    """A stage's network with its weights, ready to generate on the CPU.

    Raises:
        RunError: The run is damaged or lacks the stage.
    """
    config = read_stage_config(run, stage)
    with torch.device("meta"):  # before memory is taken that a file only claims to fill
        check_weights(run, stage, BUILDERS[stage](config))
    network = BUILDERS[stage](config)
    load_weights(run, stage, network)
    network.requires_grad_(False).eval()
    return Images(network) if stage == "stu" else network


def starter(stage: Stage, network: Any, size: int, device: torch.device) -> Callable[..., State]:
    """What makes a network's state before the first block; see `Step.start`."""
    starters: dict[Stage, Callable[..., State]] = {
        "khp": partial(network.initial_state, 1, device),
        "cvg": network.initial_state,
        "stu": partial(network.initial_state, 1, size, device),
    }
    return starters[stage]


class TorchStep:
    """A network in PyTorch, as a `Step`; its state stays on the device."""

    def __init__(
        self, network: nn.Module, start: Callable[..., State], device: torch.device, dtype: torch.dtype
    ) -> None:
        self._network = network
        self._start = start
        self._device = device
        self._dtype = dtype

    def start(self, *first: Array) -> State:
        """See `Step`."""
        return self._start(*(self._tensor(array) for array in first))

    @torch.inference_mode()
    def __call__(self, *inputs: Array | None, state: State) -> tuple[Array, State]:
        """See `Step`."""
        tensors = (None if array is None else self._tensor(array) for array in inputs)
        with autocast(self._device, self._dtype):
            output, state = self._network(*tensors, state)
        return (output.float() if output.is_floating_point() else output).cpu().numpy(), state

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def load_steps(run: Path, info: RunInfo, stages: Sequence[Stage], device: torch.device) -> dict[Stage, Step]:
    """A run's networks in PyTorch: on a GPU in bfloat16 as far as they need not be exact, else in float32.

    Raises:
        RunError: The run is damaged or lacks a stage.
    """
    steps: dict[Stage, Step] = {}
    for stage in stages:
        network = place(build(run, stage), device)
        dtype = torch.bfloat16 if device.type == "cuda" and stage not in EXACT else torch.float32
        steps[stage] = TorchStep(network, starter(stage, network, info.size, device), device, dtype)
    return steps
