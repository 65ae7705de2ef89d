"""A run: one folder that holds everything needed to generate, and can be zipped and sent.

Layout::

    run.json                                   what it is and where it came from (`RunInfo`)
    conditions.safetensors                     of each performer: average keypoints, reference frame and its
                                               keypoints
    khp/ cvg/ stu/  model.safetensors          weights of each trained stage
                    config.json                what is needed to build the network
    state/          (training only)            for resuming; not needed to generate
    logs/           (training only)            metrics.jsonl, TensorBoard, sample images

Tensors are safetensors, the rest is JSON; nothing is pickled. A run can be read without PyTorch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, get_type_hints

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from apvg_core.config import CqtMode, RecipeConfig, Stage
from apvg_core.config_json import parse
from apvg_core.errors import ConfigError, RunError
from apvg_core.files import sha256_of, write_json, written_whole

if TYPE_CHECKING:
    from torch import Tensor, nn

SCHEMA_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What `run.json` says.

    Attributes:
        instrument: What is played.
        performers: Who it was trained on, in the order of the conditions.
        fps: Frames a second of its videos.
        size: Edge of its square videos in pixels.
        skeleton: The order of joints, "openpose-18+21+21".
        cqt_mode: How its CQT windows are made.
        window_offset: Seconds from a frame's time to the middle of its window.
        recipe: The full recipe.
        data: The training shards: id to checksum.
        stages: Stage name to facts about its training (steps, seconds, losses, ...).
    """

    instrument: str
    performers: tuple[str, ...]
    fps: float
    size: int
    cqt_mode: CqtMode
    window_offset: float
    recipe: RecipeConfig
    data: dict[str, str]
    skeleton: str = "openpose-18+21+21"
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Build from what `asdict` gave after JSON."""
        names = {f.name for f in fields(cls)}
        values = {k: v for k, v in document.items() if k in names}
        values["recipe"] = RecipeConfig.from_json(values["recipe"])
        values["performers"] = tuple(values["performers"])
        return cls(**values)


@dataclass(frozen=True)
class Conditions:
    """What the networks are told of each performer.

    Attributes:
        average: Average keypoints, (performers, 60, 2) float32.
        reference: A typical frame, (performers, size, size, 3) uint8.
        reference_keypoints: That frame's, (performers, 60, 2) float32.
        plate: The median of many frames, (performers, size, size, 3) uint8: without what moves, such as a
            bow. None in runs that were begun when there were none.
    """

    average: npt.NDArray[np.float32]
    reference: npt.NDArray[np.uint8]
    reference_keypoints: npt.NDArray[np.float32]
    plate: npt.NDArray[np.uint8] | None = None

    def stills(self, *, plate: bool) -> npt.NDArray[np.uint8]:
        """What the last stage is shown: reference, and the plate behind it (performers, size, size, 3 or 6).

        Raises:
            RunError: There is no plate.
        """
        if not plate:
            return self.reference
        if self.plate is None:
            raise RunError("This run has no plate, which stu.plate wants; begin another --run.")
        return np.concatenate([self.reference, self.plate], axis=3)


def write_arrays(
    path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: dict[str, str] | None = None
) -> None:
    """Write a safetensors file whole or not at all.

    Raises:
        RunError: There is no room or no permission.
    """
    try:
        with written_whole(path) as temporary:
            save_file(
                {name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary, metadata
            )
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} cannot be written ({error}); make room or choose another --run.") from error


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as `write_arrays` does.

    Raises:
        RunError: There is no room or no permission.
    """
    write_arrays(path, {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}, metadata)


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read a safetensors file.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing; train that stage again or restore the file.") from error
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} is damaged; train that stage again or restore the file.") from error


def write_run(root: Path, info: RunInfo) -> None:
    """Write `run.json`, and make the folder if there is none.

    Raises:
        RunError: The folder cannot be made.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{root} cannot be made a run folder ({error.strerror}); choose another --run."
        ) from error
    write_json(root / "run.json", {"schema_version": SCHEMA_VERSION, **asdict(info)})


def found_run(root: Path, info: RunInfo, conditions: Conditions) -> None:
    """Begin a run: a folder with a `run.json` has everything that belongs to it.

    Raises:
        RunError: The folder cannot be made.
    """
    write_conditions(root, conditions)
    write_run(root, info)


def is_trained(root: Path, info: RunInfo, stage: Stage) -> bool:
    """Whether a stage is listed in `run.json` and there."""
    return stage in info.stages and (root / stage / "model.safetensors").is_file()


def untrained(root: Path, info: RunInfo) -> tuple[Stage, ...]:
    """The stages that are still to be trained, or to be trained anew as one that they go on from has changed.

    What changed is only asked where trainings leave their state: a run that was sent is what it is.

    Raises:
        RunError: Weights cannot be read.
    """
    there = {stage: info.stages[stage] for stage in info.recipe.stages if is_trained(root, info, stage)}
    inputs = {
        stage: facts.get("inputs", {}) if (root / "state" / stage).is_dir() else {}
        for stage, facts in there.items()
    }
    now = {name: weights_checksum(root, name) for name in there if any(name in of for of in inputs.values())}
    return tuple(
        stage
        for stage in info.recipe.stages
        if stage not in there or any(now.get(name) != was for name, was in inputs[stage].items())
    )


def read_run(root: Path) -> RunInfo:
    """Read `run.json`.

    Raises:
        RunError: The folder is no run, or its `run.json` is damaged or of another version.
    """
    path = root / "run.json"
    if not path.is_file():
        raise RunError(
            f"{root} is not a run (no run.json); make one with 'apvg train-khp SHARDS --run {root}'."
        )
    try:
        document = json.loads(path.read_text())
        version = document["schema_version"]
        if version != SCHEMA_VERSION:
            raise RunError(
                f"{path} has schema version {version}, this apvg reads {SCHEMA_VERSION}; train again."
            )
        return RunInfo.from_json(document)
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise RunError(f"{path} is damaged; restore it or train again into a new folder.") from error


def write_conditions(root: Path, conditions: Conditions) -> None:
    """Write `conditions.safetensors`."""
    arrays = {name: array for name, array in vars(conditions).items() if array is not None}
    write_arrays(root / "conditions.safetensors", arrays)


def read_conditions(root: Path) -> Conditions:
    """Read `conditions.safetensors`.

    Raises:
        RunError: It is missing or damaged.
    """
    path = root / "conditions.safetensors"
    arrays = read_arrays(path)
    try:
        return Conditions(**arrays)
    except TypeError as error:
        raise RunError(f"{path} is damaged; train again into a new folder.") from error


def write_stage(root: Path, stage: Stage, network: nn.Module, facts: Mapping[str, Any]) -> None:
    """Write a stage's weights and config, then list it in `run.json`."""
    info = read_run(root)
    write_tensors(root / stage / "model.safetensors", network.state_dict())
    write_json(root / stage / "config.json", asdict(getattr(info.recipe, stage)))
    write_run(root, replace(info, stages={**info.stages, stage: dict(facts)}))


def read_stage_config(root: Path, stage: Stage) -> Any:
    """Read the config that a stage's network was built from; its type is `RecipeConfig`'s field of that name.

    Raises:
        RunError: The stage is not trained yet, or its config is damaged.
    """
    path = root / stage / "config.json"
    if not path.exists():
        raise RunError(
            f"{root} lacks the stage {stage}; train it with 'apvg train-{stage} SHARDS --run {root}'."
        )
    try:
        return parse(get_type_hints(RecipeConfig)[stage], json.loads(path.read_text()))
    except (OSError, ValueError, ConfigError) as error:
        raise RunError(f"{path} is damaged; train the stage {stage} again.") from error


def weights_checksum(root: Path, stage: Stage) -> str:
    """SHA-256 of a stage's weights.

    Raises:
        RunError: They are missing or cannot be read.
    """
    path = root / stage / "model.safetensors"
    try:
        return sha256_of(path)
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); train the stage {stage} again.") from error


def load_weights(root: Path, stage: Stage, network: nn.Module) -> None:
    """Load a stage's weights into the network its config built.

    Raises:
        RunError: They are missing, damaged, or of another network.
    """
    import torch  # only here, and whoever has a network has it anyway

    path = root / stage / "model.safetensors"
    try:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in read_arrays(path).items()})
    except RuntimeError as error:
        raise RunError(f"{path} does not fit its config.json; train the stage {stage} again.") from error
