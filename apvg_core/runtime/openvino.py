"""Steps in OpenVINO: on a CPU twice as fast as PyTorch, which is only needed to convert a network."""

import io
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from apvg_core import layers, skeleton, stages
from apvg_core.config import Stage
from apvg_core.files import sha256_of
from apvg_core.run.info import RunInfo
from apvg_core.run.weights import read_stage_config, weights_checksum
from apvg_core.runtime import openvino_cache
from apvg_core.runtime.step import Array, Step
from apvg_core.stages.spec import BLOCK_FRAMES, StageSpec
from apvg_core.stages.specs import stage_spec

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # so that nobody is told of us

import openvino  # noqa: E402

log = logging.getLogger(__name__)

_PIXELS_AT_ONCE = 2**19
"""Pixels of the images that a call makes: eight of 256 pixels, two of 512."""


class OpenVINOStep:
    """A converted network, as a `Step`: its state are its last inputs, and all its outputs but the first."""

    def __init__(self, compiled: openvino.CompiledModel, spec: StageSpec) -> None:
        self.spec = spec
        self._request = compiled.create_infer_request()

    def start(self, inputs: Mapping[str, Array]) -> tuple[Array, ...]:
        """Make the state, in the shapes of the spec; see `Step`."""
        return tuple(
            inputs[state.begins_as] if state.begins_as else np.zeros(state.shape(), np.float32)
            for state in self.spec.state
        )

    def __call__(
        self, inputs: Mapping[str, Array], state: tuple[Array, ...]
    ) -> tuple[Array, tuple[Array, ...]]:
        """See `Step`."""
        row = [*self.spec.row(inputs), *state]
        output, *following = self._request.infer(row, share_inputs=True).to_tuple()
        return output, tuple(following)


class InParts:
    """A step through the frames of a block, so many at a time, as one `Step`."""

    def __init__(self, step: OpenVINOStep, frames: int) -> None:
        self._step = step
        self._frames = frames
        self.spec, self.start = step.spec, step.start

    def __call__(
        self, inputs: Mapping[str, Array], state: tuple[Array, ...]
    ) -> tuple[Array, tuple[Array, ...]]:
        """See `Step`."""
        with_frames = [spec.name for spec in self.spec.inputs if "frames" in spec.axes]
        outputs = []
        for t in range(0, inputs[with_frames[0]].shape[1], self._frames):
            part = {name: inputs[name][:, t : t + self._frames] for name in with_frames}
            output, state = self._step({**inputs, **part}, state)
            outputs.append(output)
        return np.concatenate(outputs, axis=1), state


def frames_at_once(spec: StageSpec) -> int:
    """Count the frames of a call, a divisor of `BLOCK_FRAMES`.

    Each call costs half a millisecond, and each frame of a call its memory. A network that walks through its
    frames gains nothing by more than one, and would be slow to convert and to load, unrolled over a block.
    """
    if spec.frame_by_frame:
        return 1
    if not spec.images:
        return BLOCK_FRAMES
    return max(1, min(BLOCK_FRAMES, _PIXELS_AT_ONCE // spec.output.edge**2))


@cache
def core() -> openvino.Core:
    """OpenVINO itself, once in a process and never let go of.

    Each one gives its thread a stack for signals, and takes that away again in its end: of two whose times
    overlap the thread is left with a stack that is gone, and the next signal (Ctrl-C) crashes the process.
    """
    return openvino.Core()


def load_steps(
    run: Path, info: RunInfo, wanted: Sequence[Stage], *, threads: int | None = None
) -> dict[Stage, Step]:
    """Load a run's networks in OpenVINO: in bfloat16 where the CPU has it and they need not be exact.

    Args:
        run: The run folder.
        info: Its facts.
        wanted: Which stages.
        threads: Threads to compute with; None is one a core for the last stage, and one for each of the
            others.

    Raises:
        RunError: The run is damaged or lacks a stage.
    """
    networks = [
        _Network(run, stage, stage_spec(info.recipe, stage, info.size, info.fps), threads) for stage in wanted
    ]
    cached = [network.read_cache() for network in networks]
    if None in cached:
        log.info("Preparing %s for this machine; the next time it starts at once …", run)
    steps: dict[Stage, Step] = {}
    for network, compiled in zip(networks, cached, strict=True):
        step = OpenVINOStep(compiled or network.make(), network.spec)
        whole = network.frames == BLOCK_FRAMES
        steps[network.stage] = step if whole else InParts(step, network.frames)
    return steps


class _Network:
    """A stage's network on its way into OpenVINO."""

    def __init__(self, run: Path, stage: Stage, spec: StageSpec, threads: int | None) -> None:
        self.stage, self.spec = stage, spec
        self._run = run
        self.frames = frames_at_once(spec)
        self._settings = {
            "INFERENCE_PRECISION_HINT": _precision(spec),
            # a network that walks through small frames is not helped by more threads: they wait for each
            # other
            "INFERENCE_NUM_THREADS": threads or (0 if stage == "stu" else 1),
            "ENABLE_CPU_PINNING": False,  # the stages work side by side, and would be pinned to the same core
        }
        self._path = self._cache_path()

    def read_cache(self) -> openvino.CompiledModel | None:
        """Read the compiled network; returns None where the cache has nothing, or nothing of use."""
        blob = openvino_cache.read(self._path)
        if blob is None:
            return None
        try:
            return core().import_model(io.BytesIO(blob), "CPU", dict(self._settings))
        except RuntimeError as error:
            log.debug("%s is of no use: %s", self._path, error)
            return None

    def make(self) -> openvino.CompiledModel:
        """Convert and compile the network, and cache it; one process does, others wait for it."""
        with openvino_cache.locked(self._path.parent):
            compiled = self.read_cache()  # another process may have been at it
            if compiled is None:
                model = convert(self._run, self.stage, self.spec, frames=self.frames)
                compiled = core().compile_model(model, "CPU", dict(self._settings))
                openvino_cache.write(self._path, compiled.export_model().getvalue())
        return compiled

    def _cache_path(self) -> Path:
        """Return the converted network's path in the cache, by all that it depends on."""
        run, stage = self._run, self.stage
        facts = [
            repr(read_stage_config(run, stage)), weights_checksum(run, stage), asdict(self.spec),
            self.frames, _precision(self.spec), _code_checksums(), openvino.__version__,
            core().get_property("CPU", "FULL_DEVICE_NAME"),
            core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
        ]  # fmt: skip
        return openvino_cache.cache_path(stage, facts)


@cache
def _code_checksums() -> list[str]:
    """Checksums of the code that a converted network is made by."""
    networks = (path for package in (layers, stages) for path in Path(package.__path__[0]).rglob("*.py"))
    code = {path for path in networks if path.stem not in ("training", "losses")}
    runtime = {Path(__file__).with_name(f"{name}.py") for name in ("openvino_layers", "pytorch", "tracing")}
    return [sha256_of(path) for path in sorted(code | runtime | {Path(__file__), Path(skeleton.__file__)})]


def _precision(spec: StageSpec) -> str:
    fast = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") and not spec.exact
    return "bf16" if fast else "f32"


def convert(run: Path, stage: Stage, spec: StageSpec, *, frames: int) -> openvino.Model:
    """Convert a stage's network by tracing one step of so many frames.

    Raises:
        RunError: The run is damaged or lacks the stage.
    """
    from apvg_core.runtime.tracing import trace_step

    network, example = trace_step(run, stage, spec, frames=frames)
    return openvino.convert_model(network, example_input=example, input=[tuple(t.shape) for t in example])
