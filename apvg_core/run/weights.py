"""`<stage>/`: the weights of a trained stage, and the config that its networks were built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_type_hints

from apvg_core.config import RecipeConfig, Stage
from apvg_core.config_json import parse
from apvg_core.errors import ConfigError, RunError
from apvg_core.files import read_json, sha256_of, write_json
from apvg_core.former_names import lookahead_in_seconds, rename_weights
from apvg_core.run.arrays import explained, open_arrays, write_tensors
from apvg_core.run.info import RunInfo, inputs_told, is_trained, read_run, write_run

if TYPE_CHECKING:
    from torch import Tensor, nn

LARGEST_WEIGHT: Final = 1e6
"""No network that has learned anything has larger ones; a flipped bit makes 1e38 of 1."""

_FLOATS: Final = ("F64", "F32", "F16", "BF16")


Whose = Literal["model", "discriminator"]
"""Whose weights: those of the network that generates, or those of the last stage's discriminator."""

_CHECKSUMS: Final[Mapping[Whose, str]] = {"model": "sha256", "discriminator": "discriminator_sha256"}
"""Fact in `run.json` that is their checksum."""


def weights_path(root: Path, stage: Stage, whose: Whose = "model") -> Path:
    """Return the path of a stage's weights."""
    return root / stage / f"{whose}.safetensors"


def write_stage(
    root: Path,
    stage: Stage,
    network: nn.Module,
    facts: Mapping[str, Any],
    discriminator: nn.Module | None = None,
) -> None:
    """Write a stage's weights and config, then list it in `run.json` with the weights' checksums.

    Args:
        root: Run folder.
        stage: The stage.
        network: The network that generates.
        facts: Facts about the training.
        discriminator: What the network was trained beside, if anything.
    """
    info = read_run(root)
    listed = dict(facts)
    networks: dict[Whose, nn.Module | None] = {"model": network, "discriminator": discriminator}
    for whose, each in networks.items():
        if each is not None:
            write_tensors(weights_path(root, stage, whose), each.state_dict())
            listed[_CHECKSUMS[whose]] = sha256_of(weights_path(root, stage, whose))
    with explained(root / stage / "config.json"):
        write_json(root / stage / "config.json", asdict(getattr(info.recipe, stage)))
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
    info = read_run(root)
    try:
        settings = lookahead_in_seconds(read_json(path), info.fps)
        config = parse(get_type_hints(RecipeConfig)[stage], settings, stage)
    except (OSError, ValueError, ConfigError) as error:
        raise RunError(
            f"{path} is damaged ({str(error).rstrip('.')}); train the stage {stage} again."
        ) from error
    listed = getattr(info.recipe, stage)
    # how long it was trained may change on the way
    if config is None or listed is None or replace(config, training=listed.training) != listed:
        raise RunError(f"{path} is not what {root / 'run.json'} says; train the stage {stage} again.")
    return config


def weights_checksum(root: Path, stage: Stage, whose: Whose = "model") -> str:
    """SHA-256 of a stage's weights.

    Raises:
        RunError: They are missing, cannot be read, or are not those that were trained.
    """
    path = weights_path(root, stage, whose)
    try:
        found = sha256_of(path)
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); train the stage {stage} again.") from error
    if read_run(root).stages.get(stage, {}).get(_CHECKSUMS[whose], found) != found:
        raise RunError(
            f"{path} is damaged (its checksum is not the one in run.json); restore it or train the stage "
            f"{stage} again."
        )
    return found


def check_weights(root: Path, stage: Stage, network: nn.Module, whose: Whose = "model") -> None:
    """Check that a stage's weights, by today's names, are those of a network.

    The network may be without memory (on the device "meta").

    Raises:
        RunError: They are missing, damaged, or of another network.
    """
    wanted = {name: (tuple(t.shape), t.is_floating_point()) for name, t in network.state_dict().items()}
    if _kinds(root, stage, network, whose) != wanted:
        path = weights_path(root, stage, whose)
        raise RunError(f"{path} does not fit its config.json; train the stage {stage} again.")


def read_shapes(
    root: Path, stage: Stage, network: nn.Module, whose: Whose = "model"
) -> dict[str, tuple[int, ...]]:
    """Read the shapes alone of a stage's weights, by the names they have in `network` today.

    Raises:
        RunError: The weights are missing or damaged.
    """
    return {name: shape for name, (shape, _) in _kinds(root, stage, network, whose).items()}


def _kinds(
    root: Path, stage: Stage, network: nn.Module, whose: Whose
) -> dict[str, tuple[tuple[int, ...], bool]]:
    """Shape of each of the weights, by today's names, and whether they are floating point."""
    with open_arrays(weights_path(root, stage, whose), "pt") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        slices = rename_weights(slices, network)
        return {name: (tuple(s.get_shape()), s.get_dtype() in _FLOATS) for name, s in slices.items()}


def load_weights(root: Path, stage: Stage, network: nn.Module, whose: Whose = "model") -> None:
    """Load a stage's weights, of whatever floating point, into the network its config built.

    Raises:
        RunError: They are missing, damaged, of another network, or not finite.
    """
    weights_checksum(root, stage, whose)
    check_weights(root, stage, network, whose)
    network.load_state_dict(read_weights(root, stage, network, whose))


def read_weights(root: Path, stage: Stage, network: nn.Module, whose: Whose = "model") -> dict[str, Tensor]:
    """Read a stage's weights, of whatever floating point, by the names they have in `network` today.

    They may be another network's of its class, with other shapes.

    Raises:
        RunError: They are missing, damaged, or not finite.
    """
    path = weights_path(root, stage, whose)
    with open_arrays(path, "pt") as file:
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (no mapping)
    tensors = rename_weights(tensors, network)
    for name, tensor in tensors.items():
        if not bool((tensor.abs() <= LARGEST_WEIGHT).all()):  # NaN is not, either
            raise RunError(
                f"{path} is damaged ({name} has values that no weight has); restore it or train the stage "
                f"{stage} again."
            )
    return tensors


def untrained(root: Path, info: RunInfo) -> tuple[Stage, ...]:
    """List the stages that are to be trained, or trained anew as one that they go on from has changed.

    What changed is only asked where trainings leave their state: a run that was sent is what it is.

    Raises:
        RunError: Weights cannot be read.
    """
    trained = {stage: info.stages[stage] for stage in info.recipe.stages if is_trained(root, info, stage)}
    inputs = {
        stage: (inputs_told(info, stage, facts) or {}) if (root / "state" / stage).is_dir() else {}
        for stage, facts in trained.items()
    }
    now: dict[str, str] = {
        name: weights_checksum(root, name) for name in trained if any(name in of for of in inputs.values())
    }
    return tuple(
        stage
        for stage in info.recipe.stages
        if stage not in trained or any(now.get(name) != was for name, was in inputs[stage].items())
    )
