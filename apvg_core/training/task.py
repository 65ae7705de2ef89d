"""What is to be trained on what: everything is checked here, before anything is written."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from apvg_core.config import RecipeConfig, TrainingConfig
from apvg_core.data.conditions import measure_conditions
from apvg_core.data.manifest import ManifestEntry, read_manifest
from apvg_core.data.selection import check_alike, select, select_for_run
from apvg_core.errors import ConfigError, RunError, ShardError
from apvg_core.generation.runtime import choose_device
from apvg_core.recipes import DEFAULT, get_recipe
from apvg_core.run import Conditions, RunInfo, Stage, read_conditions, read_run
from apvg_core.training.checkpoint import Checkpoint, checkpoint_path, read_checkpoint

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What a person may say to every training.

    Attributes:
        recipe: Name of the recipe; None is the run's own, or `recipes.DEFAULT` for a new run.
        instrument: Which of the shards' instruments; may be None where there is one.
        performers: Which of its performers; empty means all.
        steps: Instead of the recipe's (or of what the checkpoint was on its way to).
        device: "auto", "cpu", "cuda", ...
        resume: Go on from the last checkpoint.
        seed: Of the initial weights and of everything drawn; None is 0, or the checkpoint's.
        vgg_weights: File with a pretrained VGG-19, for the stages that can use one.
    """

    recipe: str | None = None
    instrument: str | None = None
    performers: tuple[str, ...] = ()
    steps: int | None = None
    device: str = "auto"
    resume: bool = False
    seed: int | None = None
    vgg_weights: Path | None = None


@dataclass(frozen=True)
class Task:
    """A stage that can be trained: nothing that could be known beforehand is in its way.

    Attributes:
        stage: Which.
        run: The run folder; it need not exist yet.
        info: What its run.json says, or will say.
        conditions: What the networks are told of each performer.
        shards: The shard folder.
        entries: The shards to train on.
        training: How long and in what portions.
        seed: Of the initial weights and of everything drawn.
        device: Where.
        checkpoint: Where it goes on from; None is the beginning.
    """

    stage: Stage
    run: Path
    info: RunInfo
    conditions: Conditions
    shards: Path
    entries: list[ManifestEntry]
    training: TrainingConfig
    seed: int
    device: torch.device
    checkpoint: Checkpoint | None


def prepare(shards: Path, run: Path, stage: Stage, options: TrainOptions) -> Task:
    """Open the run, or design it after the shards, and refuse what would not work or would destroy.

    Raises:
        ConfigError: Flags do not fit each other, the run or the machine.
        RunError: The stage is there already and `resume` was not asked for, or the reverse.
        ShardError: The shards lack what is needed or do not fit the run.
    """
    device = choose_device(options.device)
    if options.vgg_weights is not None and not options.vgg_weights.is_file():
        raise ConfigError(f"--vgg-weights {options.vgg_weights} does not exist.")
    existing = _existing_run(run, options) if (run / "run.json").exists() else None
    checkpoint = _checkpoint(run, stage, options)
    if existing:
        info = existing
        entries = select_for_run(shards, info, split="train")
        conditions = read_conditions(run)
        if {entry.id: entry.sha256 for entry in entries} != info.data:
            log.warning("These are not the shards that %s was begun with.", run)
    else:
        info, entries = _new_run(shards, options)
        conditions = measure_conditions(shards, entries, info.performers)
    training: TrainingConfig = getattr(info.recipe, stage).training
    steps = options.steps or (checkpoint.steps if checkpoint else training.steps)
    if checkpoint and steps < checkpoint.steps_done:
        raise ConfigError(
            f"--steps {steps} is less than the {checkpoint.steps_done} that {stage} has taken already."
        )
    seed = checkpoint.seed if checkpoint else options.seed or 0
    if options.seed not in (None, seed):
        raise ConfigError(f"{stage} was begun with --seed {seed}; go on with that, or leave it out.")
    training = replace(training, steps=steps)
    return Task(stage, run, info, conditions, shards, entries, training, seed, device, checkpoint)


def _checkpoint(run: Path, stage: Stage, options: TrainOptions) -> Checkpoint | None:
    path, trained = checkpoint_path(run, stage), (run / stage).exists()
    if options.resume:
        if not path.exists():
            raise RunError(f"{run} holds no checkpoint of {stage} to go on from; leave --resume out.")
        return read_checkpoint(path)
    if path.exists() or trained:
        raise RunError(
            f"{run} already holds {stage}; go on with --resume, or choose another --run "
            f"(or delete {run / stage} and {path.parent}) to start afresh."
        )
    return None


def _existing_run(run: Path, options: TrainOptions) -> RunInfo:
    info = read_run(run)
    if options.recipe not in (None, info.recipe.name):
        raise ConfigError(
            f"{run} was made with --recipe {info.recipe.name}; choose another --run for {options.recipe}."
        )
    if options.instrument not in (None, info.instrument):
        raise ConfigError(
            f"{run} is a run for {info.instrument}; choose another --run for {options.instrument}."
        )
    if options.performers and set(options.performers) != set(info.performers):
        raise ConfigError(
            f"{run} was made for {', '.join(info.performers)}; choose another --run for others."
        )
    return info


def _new_run(shards: Path, options: TrainOptions) -> tuple[RunInfo, list[ManifestEntry]]:
    recipe = get_recipe(options.recipe or DEFAULT)
    entries = select(
        read_manifest(shards), split="train", instrument=options.instrument, performers=options.performers
    )
    first = entries[0]
    if first.cqt_mode != recipe.cqt_mode:
        raise ShardError(
            f"Recipe {recipe.name} wants shards with a {recipe.cqt_mode} CQT, these hold {first.cqt_mode}; "
            f"make them with 'apvg extract --cqt {recipe.cqt_mode}'."
        )
    check_alike(
        shards, entries, fps=first.fps, size=first.size, cqt=first.cqt_mode, window_offset=first.window_offset
    )
    _check_size(recipe, first.size)
    info = RunInfo(
        instrument=first.instrument,
        performers=tuple(sorted({entry.performer for entry in entries})),
        fps=first.fps,
        size=first.size,
        cqt_mode=first.cqt_mode,
        window_offset=first.window_offset,
        recipe=recipe,
        data={entry.id: entry.sha256 for entry in entries},
    )
    return info, entries


def _check_size(recipe: RecipeConfig, size: int) -> None:
    """Every halving must come out even, so that doubling leads back to the size."""
    coarse = 16 * recipe.cvg.downscale
    final = recipe.stu.patch * 2 ** (len(recipe.stu.channels) - 1)
    for divisor in (coarse, final):
        if size % divisor:
            raise ConfigError(
                f"Recipe {recipe.name} wants frames whose --size is a multiple of {divisor}, "
                f"not {size}; extract them again."
            )
