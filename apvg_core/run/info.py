"""`run.json`: what a run is and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from apvg_core.config import STAGES, CqtMode, RecipeConfig, Stage, check_words
from apvg_core.config_json import parse
from apvg_core.errors import ConfigError, RunError
from apvg_core.files import read_json, write_json
from apvg_core.former_names import renamed_facts, renamed_settings
from apvg_core.run.arrays import explained
from apvg_core.run.provenance import LearnedShard, united
from apvg_core.stages.stu.baselines.settings import BaselineConfig

SCHEMA_VERSION = 2

SKELETON: Final = "openpose-18+21+21"

LARGEST_MAP: Final = 2**28
"""Numbers in a map of features of one frame that a run may ask for: twice 128 channels at 1024 x 1024."""

_FACTS: Final[Mapping[str, Any]] = {
    "steps": int, "steps_wanted": int, "seed": int, "seconds": float, "processes": int, "parameters": int,
    "precision": Literal["fp32", "bf16"], "export": Literal["last", "best"], "sha256": str,
    "discriminator_sha256": str,
    "inputs": dict[str, str], "losses": dict[str, float], "best": dict[str, float],
    "milliseconds_a_step": dict[str, float], "footage": dict[str, float], "held_out": dict[str, float],
    "shards": list[LearnedShard], "unlisted_steps": int,
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
        data: The training shards that it was begun with: id to checksum.
        changes: Settings that were asked to be other than the named recipe's, by dotted key.
        init: What its stages begin with where nothing else is asked for: "auto", the weights that came with
            apvg and are nearest, or "none", random ones.
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
    changes: dict[str, Any] = field(default_factory=dict)
    init: Literal["auto", "none"] = "none"
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, what in (
            (self.instrument, "instrument"),
            *((p, "each performer") for p in self.performers),
            *((key, "each change") for key in self.changes),
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

    def learned_shards(self, *stages: Stage) -> list[LearnedShard]:
        """List the shards that stages (all if none is named) were trained on, as far as the run tells."""
        return united(
            *(
                parse(list[LearnedShard], self.stages.get(stage, {}).get("shards", []), "shards")
                for stage in stages or STAGES
            )
        )

    @property
    def unlisted_stages(self) -> list[Stage]:
        """Trained stages that do not tell of all their steps which shards these learned from."""
        return [
            stage for stage in STAGES
            if (facts := self.stages.get(stage)) is not None
            and ("shards" not in facts or facts.get("unlisted_steps"))
        ]  # fmt: skip

    def _check_size(self) -> None:
        """Check that halving comes out even, so that doubling leads back to the size, and that all fits."""
        for config in (self.recipe.cvg, self.recipe.stu):
            if config is None:
                continue
            divisor = config.divisor(self.size)
            if self.size % divisor:
                raise ConfigError(
                    f"Recipe {self.recipe.name} needs frames whose --size is a multiple of {divisor}, "
                    f"not {self.size}; extract them again."
                )
            # a baseline mirrors its borders, of which a single pixel has none
            if isinstance(config, BaselineConfig) and self.size == divisor:
                raise ConfigError(f"Recipe {self.recipe.name} needs larger frames than {self.size} pixels.")
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
        if "recipe" in known:
            known["recipe"] = renamed_settings(known["recipe"], known.get("fps"))
        return cast(Self, parse(cls, known))


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
    with explained(root / "run.json"):
        write_json(root / "run.json", {"schema_version": SCHEMA_VERSION, **asdict(info)})


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
        raise RunError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    except (KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged; restore it or train again into a new folder.") from error
    except (ValueError, ConfigError) as error:
        raise RunError(f"{path} is damaged ({str(error).rstrip('.')}); restore it or train again.") from error


def chosen_stages(info: RunInfo) -> list[Stage]:
    """Return the trained stages whose weights were chosen as the best on validation recordings."""
    return [stage for stage in STAGES if info.stages.get(stage, {}).get("export") == "best"]


def inputs_told(info: RunInfo, stage: Stage, facts: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the checksums of the networks that a stage went on from; None where its facts do not tell.

    Args:
        info: The run.
        stage: The stage.
        facts: About its training, of the run or a checkpoint.
    """
    if info.recipe.goes_on_from(stage) == ("khp",) and facts.get("audio_from"):  # all that 0.2 tells
        return {"khp": facts["audio_from"]}
    return facts.get("inputs")


def is_trained(root: Path, info: RunInfo, stage: Stage) -> bool:
    """Return True if a stage is listed in `run.json` and has its weights."""
    return stage in info.stages and (root / stage / "model.safetensors").is_file()
