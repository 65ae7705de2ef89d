"""Steps in OpenVINO: on a CPU twice as fast as PyTorch, which is only needed to convert a network."""

import io
import logging
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from apvg_core import layers, skeleton
from apvg_core.config import Stage
from apvg_core.files import sha256_of
from apvg_core.run import RunInfo, read_stage_config, weights_checksum
from apvg_core.runtime import openvino_cache
from apvg_core.runtime.load import BLOCK_FRAMES, EXACT, Array, Step
from apvg_core.skeleton import NUM_JOINTS
from apvg_core.units import CQT_BINS, WINDOW_COLUMNS

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # so that nobody is told of us

import openvino  # noqa: E402

log = logging.getLogger(__name__)

_MAKERS: Final = (
    Path(__file__), Path(skeleton.__file__),
    *(Path(__file__).with_name(f"{name}.py") for name in ("conversion", "openvino_layers", "pytorch")),
)  # fmt: skip
"""What a converted network is made by, besides the modules of `models`."""


class OpenVINOStep:
    """A converted network, as a `Step`: its state are its last inputs, and all its outputs but the first."""

    def __init__(self, compiled: openvino.CompiledModel) -> None:
        self._request = compiled.create_infer_request()
        self._states = compiled.inputs[1 - len(compiled.outputs) :]

    def start(self, *first: Array) -> tuple[Array, ...]:
        """See `Step`."""
        rest = self._states[len(first) :]
        return (*first, *(np.zeros(tuple(port.shape), np.float32) for port in rest))

    def __call__(self, *inputs: Array | None, state: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        """See `Step`."""
        given = [array for array in inputs if array is not None]
        output, *following = self._request.infer([*given, *state], share_inputs=True).to_tuple()
        return output, tuple(following)


class FrameByFrame:
    """A step through each frame of a block in turn, as one `Step`.

    To call a network for each frame costs a half to one millisecond a frame; a video starts sooner for it.
    """

    def __init__(self, step: OpenVINOStep) -> None:
        self._step = step
        self.start = step.start

    def __call__(self, *inputs: Array | None, state: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        """See `Step`; the first input has frames, the others are the same for all of them."""
        block, *others = inputs
        assert block is not None
        outputs = []
        for frame in np.split(block, block.shape[1], axis=1):
            output, state = self._step(frame, *others, state=state)
            outputs.append(output)
        return np.concatenate(outputs, axis=1), state


@cache
def core() -> openvino.Core:
    """OpenVINO itself, once in a process and never let go of.

    Each one gives its thread a stack for signals, and takes that away again in its end: of two whose times
    overlap the thread is left with a stack that is gone, and the next signal (Ctrl-C) crashes the process.
    """
    return openvino.Core()


def load_steps(
    run: Path, info: RunInfo, stages: Sequence[Stage], *, threads: int | None = None
) -> dict[Stage, Step]:
    """A run's networks in OpenVINO: in bfloat16 where the CPU has it and they need not be exact.

    Args:
        run: The run folder.
        info: What it is.
        stages: Which.
        threads: To compute with; None is one a core for the last stage, and one for each of the others.

    Raises:
        RunError: The run is damaged or lacks a stage.
    """
    kept = {stage: _kept_as(run, info, stage) for stage in stages}
    there = {stage: _imported(path, _settings(stage, threads)) for stage, path in kept.items()}
    if None in there.values():
        log.info("Preparing %s for this machine; the next time it starts at once …", run)
    steps: dict[Stage, Step] = {}
    for stage, compiled in there.items():
        if compiled is None:
            compiled = _made(kept[stage], run, info, stage, _settings(stage, threads))
        step = OpenVINOStep(compiled)
        steps[stage] = FrameByFrame(step) if stage == "cvg" else step
    return steps


def _settings(stage: Stage, threads: int | None) -> dict[str, Any]:
    """How a stage's network is to be computed."""
    return {
        "INFERENCE_PRECISION_HINT": _precision(stage),
        # CVG walks frame by frame through small images: more threads would only wait for each other
        "INFERENCE_NUM_THREADS": threads or (0 if stage == "stu" else 1),
        "ENABLE_CPU_PINNING": False,  # the stages work side by side, and would be pinned to the same core
    }


def _made(
    kept: Path, run: Path, info: RunInfo, stage: Stage, settings: Mapping[str, Any]
) -> openvino.CompiledModel:
    """A stage's network, made and put into the cache; one process makes it, others wait for it."""
    with openvino_cache.alone(kept.parent):
        compiled = _imported(kept, settings)  # another process may have been at it
        if compiled is None:
            compiled = core().compile_model(_converted(run, info, stage), "CPU", dict(settings))
            openvino_cache.keep(kept, compiled.export_model().getvalue())
    return compiled


def _precision(stage: Stage) -> str:
    fast = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") and stage not in EXACT
    return "bf16" if fast else "f32"


def _imported(kept: Path, settings: Mapping[str, Any]) -> openvino.CompiledModel | None:
    """What the cache has; None where it has nothing, or nothing of use."""
    blob = openvino_cache.read(kept)
    if blob is None:
        return None
    try:
        return core().import_model(io.BytesIO(blob), "CPU", dict(settings))
    except RuntimeError as error:
        log.debug("%s is of no use: %s", kept, error)
        return None


def _converted(run: Path, info: RunInfo, stage: Stage) -> openvino.Model:
    """A stage's network, converted by tracing one step."""
    from apvg_core.runtime.conversion import traced

    shapes = _shapes(info, stage)
    network, example = traced(run, info, stage, shapes)
    return openvino.convert_model(network, example_input=example, input=[tuple(t.shape) for t in example])


def _shapes(info: RunInfo, stage: Stage) -> list[tuple[int, ...] | None]:
    """The shapes of a step's inputs; None for one that the recipe leaves out."""
    recipe, size = info.recipe, info.size
    windows = (1, BLOCK_FRAMES, CQT_BINS, WINDOW_COLUMNS)
    if stage == "khp":
        return [windows, (1, NUM_JOINTS, 2)]
    small = size // recipe.cvg.downscale if recipe.cvg else 0
    if stage == "cvg":
        assert recipe.cvg is not None
        # for `FrameByFrame`: unrolled over a block it would be slow to convert and to load
        return [(1, 1, CQT_BINS, WINDOW_COLUMNS), (1, recipe.cvg.noise), (1, 3, small, small)]
    return [
        (1, BLOCK_FRAMES, 3, small, small) if recipe.cvg else None,
        (1, BLOCK_FRAMES, 1, size, size) if recipe.khp else None,
        (1, BLOCK_FRAMES, NUM_JOINTS, 2) if recipe.khp else None,
        (1, BLOCK_FRAMES, NUM_JOINTS, 2) if recipe.khp else None,
        windows,
        (1, 6 if recipe.stu.plate else 3, size, size),
    ]


def _kept_as(run: Path, info: RunInfo, stage: Stage) -> Path:
    """Where the converted network lies in the cache."""
    files = [*sorted(Path(layers.__file__).parent.rglob("*.py")), *_MAKERS]
    code = [sha256_of(path) for path in files]
    facts = [
        repr(read_stage_config(run, stage)), weights_checksum(run, stage), _shapes(info, stage),
        _precision(stage), code, openvino.__version__, core().get_property("CPU", "FULL_DEVICE_NAME"),
        core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
    ]  # fmt: skip
    return openvino_cache.kept_as(stage, facts)
