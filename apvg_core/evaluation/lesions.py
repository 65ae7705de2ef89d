"""Lesions: a trained run with one of its parts disabled, to see what that part contributes.

A lesion takes the run's networks and gives others, whose scores are compared with the whole run's. To add
one: an entry in `LESIONS`.

Axes: t frames, h and w the coarse image's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from torch import Tensor, nn

from apvg_core.config import Stage
from apvg_core.generation.pipeline import downscaled
from apvg_core.run.info import RunInfo
from apvg_core.runtime.load import Networks
from apvg_core.runtime.pytorch import TorchStep
from apvg_core.runtime.step import Array, Step
from apvg_core.stages.specs import stage_spec
from apvg_core.stages.stu.gcn import Graph, JointGraph
from apvg_core.stages.stu.network import STU
from apvg_core.units import CQT_FLOOR_DB

Inputs = Mapping[str, Array]


@dataclass(frozen=True)
class Lesion:
    """A part of a run that can be disabled.

    Attributes:
        title: Its name in tables.
        applies: Returns True for runs that have the part.
        disable: Maps a run's networks, in PyTorch, to those without the part; the run's own stay as they are.
    """

    title: str
    applies: Callable[[RunInfo], bool]
    disable: Callable[[Networks], Networks]


def _takes(stage: Stage, name: str) -> Callable[[RunInfo], bool]:
    """Make `applies` of a stage's input."""

    def applies(info: RunInfo) -> bool:
        has_stage = stage in info.recipe.stages
        return has_stage and name in stage_spec(info.recipe, stage, info.size, info.fps).names

    return applies


def _gives(stage: Stage, name: str, make: Callable[[Inputs], Array]) -> Callable[[Networks], Networks]:
    """Make `disable` of a stage's input, which is made of the stage's inputs instead."""
    return lambda networks: _with(networks, stage, OtherInput(_step(networks, stage), name, make))


def _step(networks: Networks, stage: Stage) -> Step:
    step: Step | None = getattr(networks, stage)
    assert step is not None
    return step


def _with(networks: Networks, stage: Stage, step: Step) -> Networks:
    changes: dict[str, Any] = {stage: step}
    return replace(networks, **changes)


class OtherInput:
    """A step one of whose inputs is replaced.

    Args:
        step: The step.
        name: The input.
        make: Makes what replaces it, of the same shape, of all inputs.
    """

    def __init__(self, step: Step, name: str, make: Callable[[Inputs], Array]) -> None:
        self.spec = step.spec
        self._step, self._name, self._make = step, name, make

    def start(self, inputs: Inputs) -> Any:
        """See `Step`."""
        return self._step.start(inputs)

    def __call__(self, inputs: Inputs, state: Any) -> tuple[Array, Any]:
        """See `Step`."""
        return self._step({**inputs, self._name: self._make(inputs)}, state)


class FrozenInput:
    """A step one of whose inputs stays for ever what it is at the first frame.

    Args:
        step: The step.
        name: The input, (1, t, ...).
    """

    def __init__(self, step: Step, name: str) -> None:
        self.spec = step.spec
        self._step, self._name = step, name

    def start(self, inputs: Inputs) -> tuple[Array | None, Any]:
        """Make the state: the first frame's input, which is not known yet, and the step's own."""
        return None, self._step.start(inputs)

    def __call__(self, inputs: Inputs, state: tuple[Array | None, Any]) -> tuple[Array, Any]:
        """See `Step`."""
        first, inner = state
        given = inputs[self._name]
        first = given[:, :1].copy() if first is None else first
        output, inner = self._step({**inputs, self._name: np.repeat(first, given.shape[1], axis=1)}, inner)
        return output, (first, inner)


class Forgetful:
    """A step that has forgotten at every frame what it knows from those before.

    Args:
        step: The step, which takes blocks of any length.
        forgotten: Names of the parts of its state that are at every frame what they are at the start.
    """

    def __init__(self, step: Step, *forgotten: str) -> None:
        self.spec, self.start = step.spec, step.start
        self._step, self._forgotten = step, forgotten

    def __call__(self, inputs: Inputs, state: Any) -> tuple[Array, Any]:
        """See `Step`."""
        moving = [spec.name for spec in self.spec.inputs if "frames" in spec.axes]
        first, outputs = self.start(inputs), []
        for t in range(inputs[moving[0]].shape[1]):
            frame = {name: inputs[name][:, t : t + 1] for name in moving}
            output, state = self._step({**inputs, **frame}, state)
            outputs.append(output)
            state = tuple(
                at_start if part.name in self._forgotten else now
                for part, at_start, now in zip(self.spec.state, first, state, strict=True)
            )
        return np.concatenate(outputs, axis=1), state


def _forgetting_all(step: Step) -> Forgetful:
    return Forgetful(step, *(part.name for part in step.spec.state))


class AverageKeypoints:
    """A step in keypoint prediction's place: the performer's average keypoints at every frame."""

    def __init__(self, step: Step) -> None:
        self.spec, self.start = step.spec, step.start

    def __call__(self, inputs: Inputs, state: Any) -> tuple[Array, Any]:
        """See `Step`."""
        return np.repeat(inputs["average"][:, None], inputs["windows"].shape[1], axis=1), state


def _silence(inputs: Inputs) -> Array:
    return np.full_like(inputs["windows"], CQT_FLOOR_DB)


def _reference(inputs: Inputs) -> Array:
    """The reference frame in the coarse video's size at every frame (1, t, 3, h, w)."""
    coarse, reference = inputs["coarse"], inputs["reference"]
    small = downscaled(reference, reference.shape[-1] // coarse.shape[-1])
    return np.repeat(small[:, None], coarse.shape[1], axis=1)


def _other_noise(inputs: Inputs) -> Array:
    """Another z: a draw that no --seed gives."""
    rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(1,)))
    return rng.standard_normal(inputs["noise"].shape, np.float32)


def _average_nodes(networks: Networks) -> Networks:
    """Give the GCN the mean of its nodes at each of them: its scale, but no structure."""
    assert isinstance(networks.stu, TorchStep)
    return replace(networks, stu=networks.stu.altered(average_nodes))


def average_nodes(network: nn.Module) -> None:
    """Let an STU's GCN take the mean over the joints in the place of each (n, 60, k)."""
    assert isinstance(network, STU)
    graph = network.unet.structure
    assert isinstance(graph, Graph | JointGraph)

    def mean(_module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        (nodes_npk,) = inputs
        return (nodes_npk.mean(1, keepdim=True).expand_as(nodes_npk),)

    graph.gcn.register_forward_pre_hook(mean)


WHOLE: Final = "whole"
"""Key of the entry that disables nothing: what the lesions are compared with, by the same runtime."""

LESIONS: Final[Mapping[str, Lesion]] = {
    WHOLE: Lesion("whole run", lambda _info: True, lambda networks: networks),
    "last-stage-silence": Lesion(
        "last stage hears silence", _takes("stu", "windows"), _gives("stu", "windows", _silence)
    ),
    "coarse-silence": Lesion(
        "CVG hears silence", _takes("cvg", "windows"), _gives("cvg", "windows", _silence)
    ),
    "coarse-previous": Lesion(
        "CVG sees the reference frame, not its last one",
        lambda info: info.recipe.cvg is not None,
        lambda networks: _with(networks, "cvg", Forgetful(_step(networks, "cvg"), "previous")),
    ),
    "noise": Lesion("z redrawn", _takes("cvg", "noise"), _gives("cvg", "noise", _other_noise)),
    "coarse-reference": Lesion(
        "coarse video: the reference frame", _takes("stu", "coarse"), _gives("stu", "coarse", _reference)
    ),
    "coarse-frozen": Lesion(
        "coarse video frozen",
        _takes("stu", "coarse"),
        lambda networks: _with(networks, "stu", FrozenInput(_step(networks, "stu"), "coarse")),
    ),
    "memory": Lesion(
        "memory reset at each frame",
        lambda info: bool(stage_spec(info.recipe, "stu", info.size, info.fps).state),
        lambda networks: _with(networks, "stu", _forgetting_all(_step(networks, "stu"))),
    ),
    "heatmap": Lesion(
        "heatmap emptied",
        _takes("stu", "heatmap"),
        _gives("stu", "heatmap", lambda inputs: np.zeros_like(inputs["heatmap"])),
    ),
    "graph": Lesion("graph nodes: their mean", lambda info: info.recipe.stu.graph, _average_nodes),
    "keypoints": Lesion(
        "keypoints frozen",
        _takes("khp", "average"),
        lambda networks: _with(networks, "khp", AverageKeypoints(_step(networks, "khp"))),
    ),
}
"""By the keys that made_from and files name them by; the whole run is the first."""


def lesions_of(info: RunInfo) -> list[str]:
    """Return the keys of the lesions that a run can have, the whole run first."""
    return [key for key, lesion in LESIONS.items() if lesion.applies(info)]
