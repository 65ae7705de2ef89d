"""Steps in PyTorch: on a GPU, and the reference for what other runtimes compute."""

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.errors import RunError
from apvg_core.layers.blocks import tensor_to_image
from apvg_core.run.info import RunInfo, read_run
from apvg_core.run.weights import Whose, check_weights, load_weights, read_stage_config, weights_path
from apvg_core.runtime.devices import autocast, to_device
from apvg_core.runtime.step import Array, Step
from apvg_core.stages.networks import build_network, initial_state
from apvg_core.stages.spec import StageSpec
from apvg_core.stages.specs import stage_spec
from apvg_core.stages.stu.discriminator import Discriminator

State = tuple[Tensor, ...]


def load_network(run: Path, stage: Stage) -> nn.Module:
    """Load a stage's network with its weights, ready to generate on the CPU.

    Raises:
        RunError: The run is damaged or lacks the stage.
    """
    config, fps = read_stage_config(run, stage), read_run(run).fps
    return _loaded(run, stage, lambda: build_network(config, fps), "model")


def load_discriminator(run: Path) -> Discriminator:
    """Load the discriminator that a run's STU was trained beside, ready to judge on the CPU.

    Raises:
        RunError: The run is damaged, or has none.
    """
    if not has_discriminator(run):
        raise RunError(
            f"{run} has no discriminator that judges sound; train its stage stu with this version."
        )
    config = read_stage_config(run, "stu")
    network = _loaded(run, "stu", lambda: Discriminator(config.discriminator), "discriminator")
    assert isinstance(network, Discriminator)
    return network


def has_discriminator(run: Path) -> bool:
    """Return True if a run has the discriminator that its STU was trained beside."""
    return weights_path(run, "stu", "discriminator").is_file()


def _loaded(run: Path, stage: Stage, build: Callable[[], nn.Module], whose: Whose) -> nn.Module:
    with torch.device("meta"):  # before memory is taken that a file only claims to fill
        check_weights(run, stage, build(), whose)
    network = build()
    load_weights(run, stage, network, whose)
    network.requires_grad_(False).eval()
    return network


class TorchStep:
    """A network in PyTorch, as a `Step`; its state stays on the device."""

    def __init__(self, network: nn.Module, spec: StageSpec, device: torch.device, dtype: torch.dtype) -> None:
        self.spec = spec
        self._network, self._device, self._dtype = network, device, dtype

    def start(self, inputs: Mapping[str, Array]) -> State:
        """Make the state, in the shapes of the spec; see `Step`."""
        begins_as = {state.begins_as for state in self.spec.state}
        first = {name: self._tensor(array) for name, array in inputs.items() if name in begins_as}
        return initial_state(self.spec, first, device=self._device)

    @torch.inference_mode()
    def __call__(self, inputs: Mapping[str, Array], state: State) -> tuple[Array, State]:
        """See `Step`."""
        row = (self._tensor(array) for array in self.spec.row(inputs))
        with autocast(self._device, self._dtype):
            output, state = self._network(dict(zip(self.spec.names, row, strict=True)), state)
        output = output.float()
        return (tensor_to_image(output) if self.spec.images else output).cpu().numpy(), state

    def altered(self, alter: Callable[[nn.Module], None]) -> "TorchStep":
        """Return the step of a copy of the network that `alter` has changed."""
        network = copy.deepcopy(self._network)
        alter(network)
        return TorchStep(network, self.spec, self._device, self._dtype)

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def load_steps(run: Path, info: RunInfo, stages: Sequence[Stage], device: torch.device) -> dict[Stage, Step]:
    """Load a run's networks in PyTorch.

    They compute in float32; on a GPU, those that need not be exact in bfloat16.

    Raises:
        RunError: The run is damaged or lacks a stage.
    """
    steps: dict[Stage, Step] = {}
    for stage in stages:
        spec = stage_spec(info.recipe, stage, info.size, info.fps)
        network = to_device(load_network(run, stage), device)
        dtype = torch.bfloat16 if device.type == "cuda" and not spec.exact else torch.float32
        steps[stage] = TorchStep(network, spec, device, dtype)
    return steps
