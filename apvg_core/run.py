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

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast, get_type_hints

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from apvg_core.config import STAGES, CqtMode, RecipeConfig, Stage, check_words
from apvg_core.config_json import parse
from apvg_core.errors import ConfigError, RunError
from apvg_core.files import atomic_write, read_json, sha256_of, write_json
from apvg_core.former_names import rename_weights, renamed_facts
from apvg_core.skeleton import NUM_JOINTS
from apvg_core.stages.stu.baselines.settings import BaselineConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

SCHEMA_VERSION = 2

SKELETON: Final = "openpose-18+21+21"

LARGEST_MAP: Final = 2**28
"""Numbers in a map of features of one frame that a run may ask for: twice 128 channels at 1024 x 1024."""

LARGEST_KEYPOINT: Final = 10.0
"""How far outside of the image, whose edge is 1, an average keypoint may be."""

LARGEST_WEIGHT: Final = 1e6
"""No network that has learned anything has larger ones; a flipped bit makes 1e38 of 1."""

_FLOATS: Final = ("F64", "F32", "F16", "BF16")

_FACTS: Final[Mapping[str, Any]] = {
    "steps": int, "seed": int, "seconds": float, "processes": int, "parameters": int,
    "precision": Literal["fp32", "bf16"], "export": Literal["last", "best"], "sha256": str,
    "inputs": dict[str, str], "losses": dict[str, float], "best": dict[str, float],
    "milliseconds_a_step": dict[str, float], "footage": dict[str, float], "held_out": dict[str, float],
}  # fmt: skip
"""Types of what `run.json` tells of a stage's training, where it does."""


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """Contents of `run.json`; checked, since a run may come from anybody.

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
        stages: Stage name to facts about its training (steps, seconds, losses, ..., the weights' checksum).

    Raises:
        ConfigError: Something is out of its range, or does not fit the rest.
    """

    instrument: str
    performers: tuple[str, ...]
    fps: float
    size: int
    cqt_mode: CqtMode
    window_offset: float
    recipe: RecipeConfig
    data: dict[str, str]
    skeleton: str = SKELETON
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, what in (
            (self.instrument, "instrument"),
            *((p, "each performer") for p in self.performers),
        ):
            check_words(name, what)
        wrong = {
            "performers must be one or more names, all different": not self.performers
            or len(set(self.performers)) < len(self.performers),
            "fps must be from 1 to 240": not 1 <= self.fps <= 240,
            "size must be from 16 to 4096": not 16 <= self.size <= 4096,
            "window_offset must be within ±0.5 seconds": not abs(self.window_offset) <= 0.5,
            f"skeleton must be {SKELETON}": self.skeleton != SKELETON,
            f"cqt_mode must be the recipe's, {self.recipe.cqt_mode}": self.cqt_mode != self.recipe.cqt_mode,
        }
        for sentence, is_so in wrong.items():
            if is_so:
                raise ConfigError(f"{sentence}.")
        self._check_size()
        for stage, facts in self.stages.items():
            if stage not in STAGES:
                raise ConfigError(f"stages can be {', '.join(STAGES)}, not {stage[:40]!r}.")
            for name in _FACTS.keys() & facts.keys():
                parse(_FACTS[name], facts[name], f"stages.{stage}.{name}")

    def _check_size(self) -> None:
        """Check that halving comes out even, so that doubling leads back to the size, and that all fits."""
        for config in (self.recipe.cvg, self.recipe.stu):
            if config is None:
                continue
            if self.size % config.divisor:
                raise ConfigError(
                    f"Recipe {self.recipe.name} wants frames whose --size is a multiple of {config.divisor}, "
                    f"not {self.size}; extract them again."
                )
            # a baseline mirrors its borders, of which a single pixel has none
            if isinstance(config, BaselineConfig) and self.size == config.divisor:
                raise ConfigError(f"Recipe {self.recipe.name} wants larger frames than {self.size} pixels.")
            if config.largest_map(self.size) > LARGEST_MAP:
                raise ConfigError(
                    f"Recipe {self.recipe.name} has too many channels for frames of {self.size} pixels."
                )

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Build from what `asdict` gave after JSON.

        Raises:
            ConfigError: Something is missing, of another type, or out of its range.
        """
        names = {f.name for f in fields(cls)}
        known = {k: v for k, v in document.items() if k in names}
        if isinstance(known.get("stages"), Mapping):
            known["stages"] = {stage: renamed_facts(facts) for stage, facts in known["stages"].items()}
        return cast(Self, parse(cls, known))


@dataclass(frozen=True)
class Conditions:
    """Conditions of the networks: what is given about each performer.

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

    def plates(self) -> npt.NDArray[np.uint8]:
        """Return the plates (performers, size, size, 3).

        Raises:
            RunError: There is none.
        """
        if self.plate is None:
            raise RunError("This run has no plate, which stu.plate wants; begin another --run.")
        return self.plate


def write_arrays(
    path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: dict[str, str] | None = None
) -> None:
    """Write arrays of any shape into a safetensors file, whole or not at all.

    Raises:
        RunError: There is no room or no permission.
    """
    with explained(path), atomic_write(path) as temporary:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary, metadata)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors of any shape as `write_arrays` does.

    Raises:
        RunError: There is no room or no permission.
    """
    write_arrays(path, {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}, metadata)


def read_arrays(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, npt.NDArray[Any]]:
    """Read arrays from a safetensors file, those of these names that are there.

    Raises:
        RunError: It is missing or damaged, has others, or one of another shape.
    """
    try:
        with _open_arrays(path, "numpy") as file:
            for name in file.keys():  # noqa: SIM118 (no mapping)
                if name not in shapes or (found := tuple(file.get_slice(name).get_shape())) != shapes[name]:
                    was = f"of shape {list(found)}, not {list(shapes[name])}" if name in shapes else "unknown"
                    raise RunError(f"{path} does not fit its run.json ({name[:40]} is {was}); restore it.")
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (KeyError, TypeError, ValueError) as error:  # numbers that NumPy does not have, such as bfloat16
        raise RunError(f"{path} has numbers of an unknown kind; restore the file.") from error


@contextmanager
def _open_arrays(path: Path, framework: str) -> Iterator[Any]:
    """Open a safetensors file; nothing but its list of contents is read yet.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        with safe_open(path, framework) as file:
            yield file
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
    _write_json(root / "run.json", {"schema_version": SCHEMA_VERSION, **asdict(info)})


def _write_json(path: Path, document: Any) -> None:
    with explained(path):
        write_json(path, document)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of writing a run's file into a sentence about it.

    Raises:
        RunError: There is no room or no permission.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error).removeprefix(
            "Error while serializing: I/O error: "
        )
        raise RunError(f"{path} cannot be written ({reason}); make room or choose another --run.") from error


def found_run(root: Path, info: RunInfo, conditions: Conditions) -> None:
    """Begin a run: a folder with a `run.json` has everything that belongs to it.

    Raises:
        RunError: The folder cannot be made, or the disk is full.
    """
    write_conditions(root, conditions)
    write_run(root, info)


def is_trained(root: Path, info: RunInfo, stage: Stage) -> bool:
    """Return True if a stage is listed in `run.json` and has its weights."""
    return stage in info.stages and (root / stage / "model.safetensors").is_file()


def untrained(root: Path, info: RunInfo) -> tuple[Stage, ...]:
    """List the stages that are to be trained, or trained anew as one that they go on from has changed.

    What changed is only asked where trainings leave their state: a run that was sent is what it is.

    Raises:
        RunError: Weights cannot be read.
    """
    trained = {stage: info.stages[stage] for stage in info.recipe.stages if is_trained(root, info, stage)}
    inputs = {
        stage: facts.get("inputs", {}) if (root / "state" / stage).is_dir() else {}
        for stage, facts in trained.items()
    }
    now = {
        name: weights_checksum(root, name) for name in trained if any(name in of for of in inputs.values())
    }
    return tuple(
        stage
        for stage in info.recipe.stages
        if stage not in trained or any(now.get(name) != was for name, was in inputs[stage].items())
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
        document = read_json(path)
        version = document["schema_version"]
        if version != SCHEMA_VERSION:
            version = repr(version)[:20]
            raise RunError(
                f"{path} has schema version {version}, this apvg reads {SCHEMA_VERSION}; train again."
            )
        return RunInfo.from_json(document)
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); see who may read it.") from error
    except (KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged; restore it or train again into a new folder.") from error
    except (ValueError, ConfigError) as error:
        raise RunError(f"{path} is damaged ({_reason(error)}); restore it or train again.") from error


def _reason(error: Exception) -> str:
    """Word an error as a part of a sentence."""
    return str(error).rstrip(".")


def write_conditions(root: Path, conditions: Conditions) -> None:
    """Write `conditions.safetensors`."""
    arrays = {name: array for name, array in vars(conditions).items() if array is not None}
    write_arrays(root / "conditions.safetensors", arrays)


def read_conditions(root: Path, info: RunInfo) -> Conditions:
    """Read `conditions.safetensors`.

    Args:
        root: The run folder.
        info: Facts about the run.

    Raises:
        RunError: It is missing or damaged, or is another run's.
    """
    path = root / "conditions.safetensors"
    keypoints = (len(info.performers), NUM_JOINTS, 2)
    images = (len(info.performers), info.size, info.size, 3)
    shapes = {
        "average": keypoints, "reference": images, "reference_keypoints": keypoints, "plate": images,
    }  # fmt: skip
    arrays = read_arrays(path, shapes)
    for name, array in arrays.items():
        if (array.dtype == np.uint8) != (shapes[name] == images):
            raise RunError(f"{path} is damaged ({name} holds {array.dtype}); restore it.")
        if array.dtype != np.uint8:
            with np.errstate(over="ignore"):  # what is too large for float32 is too large
                arrays[name] = array = array.astype(np.float32)
            if not (np.abs(array) <= LARGEST_KEYPOINT).all():
                raise RunError(f"{path} is damaged ({name} has numbers that are no places); restore it.")
    try:
        return Conditions(**arrays)
    except TypeError as error:
        raise RunError(f"{path} lacks arrays; restore it or train again into a new folder.") from error


def write_stage(root: Path, stage: Stage, network: nn.Module, facts: Mapping[str, Any]) -> None:
    """Write a stage's weights and config, then list it in `run.json` with the weights' checksum."""
    info = read_run(root)
    write_tensors(root / stage / "model.safetensors", network.state_dict())
    _write_json(root / stage / "config.json", asdict(getattr(info.recipe, stage)))
    listed = {**facts, "sha256": sha256_of(root / stage / "model.safetensors")}
    write_run(root, replace(info, stages={**info.stages, stage: listed}))


def read_stage_config(root: Path, stage: Stage) -> Any:
    """Read the config that a stage's network was built from; its type is `RecipeConfig`'s field of that name.

    Raises:
        RunError: The stage is not trained yet, or its config is damaged or not the run's.
    """
    path = root / stage / "config.json"
    if not path.is_file():
        raise RunError(
            f"{root} lacks the stage {stage}; train it with 'apvg train-{stage} SHARDS --run {root}'."
        )
    try:
        config = parse(get_type_hints(RecipeConfig)[stage], read_json(path), stage)
    except (OSError, ValueError, ConfigError) as error:
        raise RunError(f"{path} is damaged ({_reason(error)}); train the stage {stage} again.") from error
    listed = getattr(read_run(root).recipe, stage)
    # how long it was trained may change on the way
    if config is None or listed is None or replace(config, training=listed.training) != listed:
        raise RunError(f"{path} is not what {root / 'run.json'} says; train the stage {stage} again.")
    return config


def weights_checksum(root: Path, stage: Stage) -> str:
    """SHA-256 of a stage's weights.

    Raises:
        RunError: They are missing, cannot be read, or are not those that were trained.
    """
    path = root / stage / "model.safetensors"
    try:
        found = sha256_of(path)
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); train the stage {stage} again.") from error
    if read_run(root).stages.get(stage, {}).get("sha256", found) != found:
        raise RunError(
            f"{path} is damaged (its checksum is not the one in run.json); restore it or train the stage "
            f"{stage} again."
        )
    return found


def check_weights(root: Path, stage: Stage, network: nn.Module) -> None:
    """Check that a stage's weights, by today's names, are those of a network.

    The network may be without memory (on the device "meta").

    Raises:
        RunError: They are missing, damaged, or of another network.
    """
    path = root / stage / "model.safetensors"
    wanted = {name: (list(t.shape), t.is_floating_point()) for name, t in network.state_dict().items()}
    with _open_arrays(path, "pt") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        slices = rename_weights(slices, network)
        found = {name: (s.get_shape(), s.get_dtype() in _FLOATS) for name, s in slices.items()}
    if found != wanted:
        raise RunError(f"{path} does not fit its config.json; train the stage {stage} again.")


def load_weights(root: Path, stage: Stage, network: nn.Module) -> None:
    """Load a stage's weights, of whatever floating point, into the network its config built.

    Raises:
        RunError: They are missing, damaged, of another network, or not finite.
    """
    path = root / stage / "model.safetensors"
    weights_checksum(root, stage)
    check_weights(root, stage, network)
    with _open_arrays(path, "pt") as file:
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (no mapping)
    tensors = rename_weights(tensors, network)
    for name, tensor in tensors.items():
        if not bool((tensor.abs() <= LARGEST_WEIGHT).all()):  # NaN is not, either
            raise RunError(
                f"{path} is damaged ({name} has numbers that are no weights); restore it or train the stage "
                f"{stage} again."
            )
    network.load_state_dict(tensors)
