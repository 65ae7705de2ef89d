"""What is to be trained on what: everything is checked here, before anything is written."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import torch

from apvg_core.config import Precision, RecipeConfig, Stage, TrainingConfig
from apvg_core.config_json import with_changes
from apvg_core.data.conditions import measure_conditions
from apvg_core.data.manifest import ManifestEntry, read_manifest
from apvg_core.data.selection import check_alike, filmed, of_run, select, select_for_run
from apvg_core.errors import ConfigError, RunError, ShardError
from apvg_core.files import printable, read_json, sha256_of
from apvg_core.recipes import DEFAULT, get_recipe
from apvg_core.run import Conditions, RunInfo, is_trained, read_conditions, read_run
from apvg_core.runtime.devices import choose_device, choose_precision
from apvg_core.training import parallel
from apvg_core.training.checkpoint import Checkpoint, newest_checkpoint, state_folder, step_paths
from apvg_core.training.reuse import take_over

log = logging.getLogger(__name__)

Resume = Literal["last", "auto"]
"""Go on from the last checkpoint; "auto": where there is one, and leave alone what is trained already."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What a person may say to every training.

    Attributes:
        recipe: Name of the recipe; None is the run's own, or `recipes.DEFAULT` for a new run.
        config: A JSON file with a recipe, for example another run's run.json, in place of a name.
        changes: Settings of the recipe that shall be others, by dotted key.
        instrument: Which of the shards' instruments; may be None where there is one.
        performers: Which of its performers; empty means all.
        steps: Instead of the recipe's.
        device: "auto", "cpu", "cuda", ...
        precision: Arithmetic; "auto" is the checkpoint's, else bfloat16 where the device has it.
        resume: Go on with a training that was stopped; None starts one.
        reuse: Another run whose KHP and CVG are taken over where recipe and shards are the same.
        seed: Of the initial weights and of everything drawn; None is 0, or the checkpoint's.
        vgg_weights: File with a pretrained VGG-19, for the stages that can use one.
    """

    recipe: str | None = None
    config: Path | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    instrument: str | None = None
    performers: tuple[str, ...] = ()
    steps: int | None = None
    device: str = "auto"
    precision: Precision = "auto"
    resume: Resume | None = None
    reuse: Path | None = None
    seed: int | None = None
    vgg_weights: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """A stage that can be trained: nothing that could be known beforehand is in its way.

    Attributes:
        stage: Which.
        run: The run folder; it need not exist yet.
        info: What its run.json shall say, with the resolved recipe.
        conditions: What the networks are told of each performer.
        shards: The shard folder.
        entries: The shards to train on.
        held_out: The shards to examine it by: the validation split, or where there is none `entries`.
        seed: Of the initial weights and of everything drawn.
        device: Where.
        precision: The arithmetic.
        inputs: Checksums of the networks that it is trained to go on from.
        checkpoint: Where it goes on from; None is the beginning.
    """

    stage: Stage
    run: Path
    info: RunInfo
    conditions: Conditions
    shards: Path
    entries: list[ManifestEntry]
    held_out: list[ManifestEntry]
    seed: int
    device: torch.device
    precision: torch.dtype
    inputs: dict[str, str]
    checkpoint: Checkpoint | None

    @property
    def training(self) -> TrainingConfig:
        """How long and in what portions."""
        training: TrainingConfig = getattr(self.info.recipe, self.stage).training
        return training


def prepare(shards: Path, run: Path, stage: Stage, options: TrainOptions) -> Task | None:
    """Open the run, or design it after the shards, and refuse what would not work or would destroy.

    Returns:
        The task; None where nothing is left to do (the stage is trained, or was taken over).

    Raises:
        ConfigError: Flags do not fit each other, the run or the machine.
        RunError: The stage is there already and `resume` was not asked for, or the reverse.
        ShardError: The shards lack what is needed or do not fit the run.
    """
    _check_paths(run, options)
    device = choose_device(options.device, parallel.local_rank())
    parallel.join(device)
    existing = _existing_run(run, options) if (run / "run.json").exists() else None
    recipe = _resolve(run, stage, options)
    if existing:
        recipe = _with_what_is_begun(run, existing, recipe, stage)
        info = replace(existing, recipe=recipe)
        entries = select_for_run(shards, info, split="train")
        conditions = read_conditions(run, existing)
        if {entry.id: entry.sha256 for entry in entries} != info.data:
            log.warning("These are not the shards that %s was begun with.", run)
    else:
        info, entries = _new_run(shards, recipe, options)
        conditions = measure_conditions(shards, entries, info.performers)
    inputs = _inputs(run, stage)
    checkpoint = _checkpoint(run, stage, info, inputs, options)
    seed, precision = _as_begun(run, stage, info, checkpoint, options)
    training: TrainingConfig = getattr(recipe, stage).training
    if _is_done(run, stage, info, inputs, training, options):
        log.info("%s of %s is trained already.", stage, run)
        return None
    if checkpoint and training.steps < checkpoint.steps_done:
        raise ConfigError(
            f"--steps {training.steps} is less than the {checkpoint.steps_done} that {stage} has taken."
        )
    if training.batch % parallel.world():
        raise ConfigError(
            f"{parallel.world()} processes cannot share a batch of {training.batch} sequences evenly; "
            f"--set {stage}.training.batch=N makes it another."
        )
    parallel.barrier()  # all have looked at the run before the first of them writes to it
    reuse = None if checkpoint else options.reuse
    if reuse and take_over(reuse, run, stage, info, conditions, seed=seed):
        return None
    held_out = of_run(read_manifest(shards), info, split="validation")
    if stage != "khp":
        entries, held_out = filmed(entries), filmed(held_out)
        if not entries:
            raise ShardError(f"{shards} holds no pictures to train {stage} on; give the shards of films.")
    check_alike(
        shards, held_out, fps=info.fps, size=info.size, cqt=info.cqt_mode, window_offset=info.window_offset
    )
    return Task(
        stage=stage, run=run, info=info, conditions=conditions, shards=shards, entries=entries,
        held_out=held_out or entries, seed=seed, device=device, precision=choose_precision(precision, device),
        inputs=inputs, checkpoint=checkpoint,
    )  # fmt: skip


def _check_paths(run: Path, options: TrainOptions) -> None:
    if printable(str(run)) != str(run):  # neither safetensors nor TensorBoard open such a file
        raise ConfigError(f"--run {run} is not spelled in UTF-8; choose another name.")
    if options.vgg_weights is not None and not options.vgg_weights.is_file():
        raise ConfigError(f"--vgg-weights {options.vgg_weights} does not exist.")


def _inputs(run: Path, stage: Stage) -> dict[str, str]:
    """Checksums of the networks that the last stage learns to go on from; if one changes, it is stale."""
    earlier = ("khp", "cvg") if stage == "stu" else ()
    paths = {name: run / name / "model.safetensors" for name in earlier}
    return {name: sha256_of(path) for name, path in paths.items() if path.is_file()}


def _checkpoint(
    run: Path, stage: Stage, info: RunInfo, inputs: Mapping[str, str], options: TrainOptions
) -> Checkpoint | None:
    """Where to go on; None is the beginning."""
    checkpoint = newest_checkpoint(run, stage)
    trained = is_trained(run, info, stage)
    if options.resume is None and (checkpoint or trained):
        raise RunError(
            f"{run} already holds {stage}; go on with --resume, or choose another --run "
            f"(or delete {run / stage} and {state_folder(run, stage)}) to start afresh."
        )
    if options.resume == "last" and checkpoint is None:
        if trained:
            raise RunError(
                f"{run} holds {stage} but no checkpoint of it to go on from; "
                "--resume auto leaves it as it is, or trains it anew if --steps says more."
            )
        raise RunError(f"{run} holds no checkpoint of {stage} to go on from; leave --resume out.")
    if checkpoint and checkpoint.facts.get("inputs") != inputs:
        if options.resume == "last":
            raise RunError(
                f"{' or '.join(inputs)} of {run} has been trained on since {stage} was begun; "
                f"--resume auto trains {stage} afresh."
            )
        log.info("%s is trained afresh: what it goes on from has changed.", stage)
        return None
    return checkpoint


def _is_done(
    run: Path, stage: Stage, info: RunInfo, inputs: Mapping[str, str], training: TrainingConfig,
    options: TrainOptions,
) -> bool:  # fmt: skip
    """Whether `--resume auto` has nothing to do."""
    facts = info.stages.get(stage, {})
    asked = options.resume == "auto" and is_trained(run, info, stage)
    wanted = {"steps": training.steps, "export": training.export, "inputs": inputs}
    return asked and all(facts.get(key, value) == value for key, value in wanted.items())


def _as_begun(
    run: Path, stage: Stage, info: RunInfo, checkpoint: Checkpoint | None, options: TrainOptions
) -> tuple[int, Precision]:
    """Seed and precision: what was asked for, or what the stage was begun with.

    Raises:
        ConfigError: These differ.
    """
    begun: dict[str, Any] = {}
    if checkpoint:
        begun = {"seed": checkpoint.seed, "precision": checkpoint.precision}
    elif is_trained(run, info, stage):
        begun = info.stages[stage]
    seed = options.seed if options.seed is not None else begun.get("seed", 0)
    precision = options.precision if options.precision != "auto" else begun.get("precision", "auto")
    for flag, asked in (("seed", seed), ("precision", precision)):
        if begun.get(flag, asked) != asked:
            raise ConfigError(
                f"{stage} was begun with --{flag} {begun[flag]}; go on with that, or leave it out."
            )
    return seed, precision


def _existing_run(run: Path, options: TrainOptions) -> RunInfo:
    info = read_run(run)
    if options.recipe is not None and get_recipe(options.recipe).name != info.recipe.name:
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


def recipe_for(run: Path, options: TrainOptions) -> RecipeConfig:
    """The recipe that a run has or will have, with all that was asked to be different.

    Raises:
        ConfigError: The options do not fit each other or the run.
        RunError: The run is damaged.
    """
    if "name" in options.changes or "cqt_mode" in options.changes:
        raise ConfigError("--set cannot change a recipe's name or CQT; --recipe chooses another.")
    if options.recipe and options.config:
        raise ConfigError("--recipe and --config are two ways to say the same; give one of them.")
    if options.config:
        recipe = _read_recipe(options.config)
    elif (run / "run.json").exists():
        recipe = read_run(run).recipe
    else:
        recipe = get_recipe(options.recipe or DEFAULT)
    return with_changes(recipe, options.changes)


def _resolve(run: Path, stage: Stage, options: TrainOptions) -> RecipeConfig:
    """The recipe to train a stage with."""
    recipe = recipe_for(run, options)
    if stage not in recipe.stages:
        raise ConfigError(
            f"Recipe {recipe.name} does without {stage}; it is trained by "
            f"{' and '.join(f'train-{other}' for other in recipe.stages)}."
        )
    if options.steps is None:
        return recipe
    return with_changes(recipe, {f"{stage}.training.steps": options.steps})


def _read_recipe(path: Path) -> RecipeConfig:
    """The recipe in a run.json, or in a JSON file of its own.

    Raises:
        ConfigError: It cannot be read, or holds none.
    """
    try:
        document = read_json(path)
    except OSError as error:
        raise ConfigError(f"--config {path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise ConfigError(f"--config {path} is not JSON; give the run.json of a run.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"--config {path} holds no recipe; give the run.json of a run.")
    try:
        return RecipeConfig.from_json(document.get("recipe", document))
    except ConfigError as error:
        raise ConfigError(f"--config {path}: {error}") from error


_CHANGEABLE: Final = ("steps", "checkpoint_every", "checkpoints", "examine_every", "export")
"""What of a training may be changed on the way: it makes no difference to the steps that are taken."""


def _with_what_is_begun(run: Path, was: RunInfo, now: RecipeConfig, stage: Stage) -> RecipeConfig:
    """The recipe that is asked for, with the other stages left as they are where they are begun or trained.

    Raises:
        ConfigError: It would change the settings of a stage that is begun.
    """
    kept: dict[str, Any] = {"name": was.recipe.name, "cqt_mode": was.recipe.cqt_mode}
    for name in was.recipe.stages:
        if not (is_trained(run, was, name) or step_paths(run, name)):
            continue
        before, after = getattr(was.recipe, name), getattr(now, name)
        harmless = {key: getattr(before.training, key) for key in _CHANGEABLE}
        if after is None or replace(after, training=replace(after.training, **harmless)) != before:
            raise ConfigError(
                f"{run} was begun with other settings of {name}; leave --set and --config out or choose "
                f"another --run (of training only {', '.join(_CHANGEABLE)} can still be changed)."
            )
        if name != stage:
            kept[name] = before
    if (now.name, now.cqt_mode) != (was.recipe.name, was.recipe.cqt_mode):
        raise ConfigError(f"{run} was made with recipe {was.recipe.name}; choose another --run.")
    return replace(now, **kept)


def _new_run(
    shards: Path, recipe: RecipeConfig, options: TrainOptions
) -> tuple[RunInfo, list[ManifestEntry]]:
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
