"""Steps in OpenVINO: on a CPU twice as fast as PyTorch, which is only needed to convert a network.

What is converted is kept in the user's cache folder, under a name made of all that it depends on. Where
nothing can be kept, networks are converted each time.
"""

import hashlib
import io
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
from filelock import FileLock

from apvg_core import generation, models
from apvg_core.config import Stage
from apvg_core.files import cache_folder, written_whole
from apvg_core.generation.networks import BLOCK_FRAMES, EXACT, Array, Step
from apvg_core.run import RunInfo, read_stage_config, weights_checksum
from apvg_core.skeleton import NUM_JOINTS
from apvg_core.units import CQT_BINS, WINDOW_COLUMNS

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # so that nobody is told of us

import openvino  # noqa: E402

KEPT: Final = 30
"""Converted networks in the cache; of more, the ones unused for longest go."""

log = logging.getLogger(__name__)


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


def load_steps(
    run: Path, info: RunInfo, stages: Sequence[Stage], *, threads: int | None = None
) -> dict[Stage, Step]:
    """A run's networks in OpenVINO: in bfloat16 where the CPU has it and they need not be exact.

    Args:
        run: The run folder.
        info: What it is.
        stages: Which.
        threads: To compute with; None is one a core.

    Raises:
        RunError: The run is damaged or lacks a stage.
    """
    core = openvino.Core()
    return {stage: OpenVINOStep(_compiled(core, run, info, stage, threads)) for stage in stages}


def _compiled(
    core: openvino.Core, run: Path, info: RunInfo, stage: Stage, threads: int | None
) -> openvino.CompiledModel:
    """A stage's network, from the cache, or made and put there."""
    fast = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") and stage not in EXACT
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if fast else "f32",
        "INFERENCE_NUM_THREADS": threads or (0 if stage == "stu" else 1),
        "ENABLE_CPU_PINNING": False,  # the stages work at the same time, and would be pinned to the same core
    }
    kept = _kept_as(core, run, info, stage, fast=fast)
    compiled = _read(core, kept, settings)
    if compiled is not None:
        return compiled
    with _alone(kept.parent):
        compiled = _read(core, kept, settings)  # another process may have been at it
        if compiled is None:
            log.info("Preparing the network %s of %s for this machine, once …", stage, run)
            compiled = core.compile_model(_converted(run, info, stage), "CPU", settings)
            _keep(kept, compiled)
    return compiled


def _converted(run: Path, info: RunInfo, stage: Stage) -> openvino.Model:
    """A stage's network, converted by tracing one step."""
    from apvg_core.generation.conversion import traced

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
        return [windows, (1, recipe.cvg.noise), (1, 3, small, small)]
    return [
        (1, BLOCK_FRAMES, 3, small, small) if recipe.cvg else None,
        (1, BLOCK_FRAMES, 1, size, size) if recipe.khp else None,
        (1, BLOCK_FRAMES, NUM_JOINTS, 2) if recipe.khp else None,
        windows,
        (1, 3, size, size),
    ]


def _kept_as(core: openvino.Core, run: Path, info: RunInfo, stage: Stage, *, fast: bool) -> Path:
    """Where the converted network lies once it is there: all that it depends on is in the name."""
    code = [path.read_text() for folder in (models, generation) for path in _sources(folder)]
    facts = [
        repr(read_stage_config(run, stage)), weights_checksum(run, stage), _shapes(info, stage), fast, code,
        openvino.__version__, core.get_property("CPU", "FULL_DEVICE_NAME"),
        core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return cache_folder() / "openvino" / f"{stage}-{digest[:32]}.blob"


def _sources(package: ModuleType) -> list[Path]:
    return sorted(path for folder in package.__path__ for path in Path(folder).rglob("*.py"))


def _read(core: openvino.Core, kept: Path, settings: Mapping[str, Any]) -> openvino.CompiledModel | None:
    """What is in the cache under that name; None where there is nothing of use."""
    try:
        blob = kept.read_bytes()
        with suppress(OSError):
            os.utime(kept)  # it was used
        return core.import_model(io.BytesIO(blob), "CPU", dict(settings))
    except (OSError, RuntimeError) as error:
        log.debug("%s is not used: %s", kept, error)
        return None


def _keep(kept: Path, compiled: openvino.CompiledModel) -> None:
    """Put it into the cache, if that can be written to."""
    try:
        with written_whole(kept) as temporary:
            temporary.write_bytes(compiled.export_model().getvalue())
        by_use = sorted(kept.parent.glob("*.blob"), key=lambda path: path.stat().st_mtime)
        for path in by_use[:-KEPT]:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.debug("%s is not kept: %s", kept, error)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time, where the folder can be written to: the others shall not convert the same."""
    with ExitStack() as stack:
        with suppress(OSError, NotImplementedError):
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / "lock"))
        yield
