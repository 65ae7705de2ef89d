"""Preparation of a training: everything is checked here, before anything is written."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from apvg_core.config import Precision, RecipeConfig, Stage
from apvg_core.config_json import parse
from apvg_core.data.conditions import measure_conditions
from apvg_core.data.manifest import ManifestEntry, read_manifest
from apvg_core.data.provenance import origins
from apvg_core.data.selection import check_alike, filmed, of_run, select, select_for_run
from apvg_core.errors import ConfigError, RunError, ShardError
from apvg_core.files import printable, sha256_of
from apvg_core.recipes import get_recipe
from apvg_core.run.conditions import Conditions, read_conditions
from apvg_core.run.info import RunInfo, read_run
from apvg_core.run.provenance import LearnedShard
from apvg_core.run.weights import weights_path
from apvg_core.runtime.devices import choose_device, choose_precision
from apvg_core.stages.settings import TrainingConfig
from apvg_core.training import parallel
from apvg_core.training.checkpoint import Checkpoint
from apvg_core.training.initial_run import initial_run
from apvg_core.training.options import TrainOptions
from apvg_core.training.recipe_choice import (
    changed_settings,
    changes_so_far,
    keep_what_is_begun,
    recipe_for_stage,
)
from apvg_core.training.resuming import checkpoint_to_resume, is_done, seed_and_precision
from apvg_core.training.reuse import take_over
from apvg_core.wording import listed

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TrainingSetup:
    """Setup of a stage's training, checked: nothing that could be known beforehand is in its way.

    Attributes:
        stage: Which.
        run: The run folder; it need not exist yet.
        info: Contents of its run.json, with the resolved recipe.
        conditions: Conditions of its networks.
        shards: The shard folder.
        entries: The shards to train on.
        held_out: The shards to validate on: the validation split, or where there is none `entries`.
        seed: Seed of the initial weights and of everything drawn.
        device: Where.
        precision: The arithmetic.
        inputs: Checksums of the networks that it is trained to go on from.
        learning_from: Where `entries` come from.
        init: Another run whose weights it begins with, where they fit.
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
    learning_from: list[LearnedShard]
    init: Path | None
    checkpoint: Checkpoint | None

    @property
    def training(self) -> TrainingConfig:
        """The settings of the training."""
        training: TrainingConfig = getattr(self.info.recipe, self.stage).training
        return training

    @property
    def holds_out(self) -> bool:
        """True if it is validated on other footage than it learns from."""
        return self.held_out != self.entries

    @property
    def steps_before(self) -> int:
        """Steps that were taken before; 0 at the beginning."""
        return self.checkpoint.steps_done if self.checkpoint else 0

    @property
    def unlisted_steps(self) -> int:
        """Steps that were taken before checkpoints told which shards they learned from."""
        if self.checkpoint is None:
            return 0
        facts = self.checkpoint.facts
        return int(facts.get("unlisted_steps", 0)) if "shards" in facts else self.checkpoint.steps_done

    @property
    def precision_name(self) -> Precision:
        """The arithmetic's name in files."""
        return "bf16" if self.precision == torch.bfloat16 else "fp32"


def prepare(shards: Path, run: Path, stage: Stage, options: TrainOptions) -> TrainingSetup | None:
    """Open the run, or design it after the shards, and refuse what would not work or would destroy.

    Returns:
        The setup; None where nothing is left to do (the stage is trained, or was taken over).

    Raises:
        ConfigError: Flags do not fit each other, the run or the machine.
        RunError: The stage is there already and `resume` was not asked for, or the reverse.
        ShardError: The shards lack what is needed or do not fit the run.
    """
    _check_paths(run, options)
    device = choose_device(options.device, parallel.local_rank())
    parallel.join(device)
    existing = _existing_run(run, options) if (run / "run.json").exists() else None
    recipe = recipe_for_stage(run, stage, options)
    if existing:
        recipe = keep_what_is_begun(run, existing, recipe, stage)
        given = [*options.changes, *([f"{stage}.training.steps"] if options.steps else [])]
        info = replace(existing, recipe=recipe, changes=changes_so_far(existing.changes, recipe, given))
        entries = select_for_run(shards, info, split="train")
        conditions = read_conditions(run, existing)
    else:
        info, entries = new_run(shards, recipe, options)
        conditions = measure_conditions(shards, entries, info.performers)
    inputs = _inputs(run, recipe, stage)
    checkpoint = checkpoint_to_resume(run, stage, info, inputs, options)
    seed, precision = seed_and_precision(run, stage, info, checkpoint, options)
    training: TrainingConfig = getattr(recipe, stage).training
    entries = _usable(stage, entries)
    if is_done(run, stage, info, inputs, training, options):
        log.info("%s of %s is trained already.", stage, run)
        advice = f" To learn from them too, train into a new --run; --init {run} begins with its weights."
        _warn_of_others(run, stage, info, entries, info.learned_shards(stage), advice)
        return None
    if checkpoint and training.steps < checkpoint.steps_done:
        raise ConfigError(
            f"--steps {training.steps} is less than the {checkpoint.steps_done} that {stage} has taken."
        )
    if training.batch % parallel.world_size():
        raise ConfigError(
            f"{parallel.world_size()} processes cannot share a batch of {training.batch} sequences evenly; "
            f"choose a multiple of their number with --set {stage}.training.batch=N."
        )
    parallel.barrier()  # all have looked at the run before the first of them writes to it
    init = options.init
    if init == "auto":  # a run that was begun without goes on without
        init = initial_run(stage, info) if info.init == "auto" and not checkpoint else None
    reuse = None if checkpoint else options.reuse
    if reuse and take_over(reuse, run, stage, info, conditions, seed=seed, init=init):
        return None
    held_out = _usable(stage, of_run(read_manifest(shards), info, split="validation"))
    if not entries:
        raise ShardError(f"{shards} holds no pictures to train {stage} on; give the shards of films.")
    check_alike(
        shards, held_out, fps=info.fps, size=info.size, cqt=info.cqt_mode, window_offset=info.window_offset
    )
    learning_from = origins(shards, entries)
    if existing:
        _warn_of_others(run, stage, info, entries, learned_before(checkpoint))
    return TrainingSetup(
        stage=stage, run=run, info=info, conditions=conditions, shards=shards, entries=entries,
        held_out=held_out or entries, seed=seed, device=device, precision=choose_precision(precision, device),
        inputs=inputs, learning_from=learning_from, init=init, checkpoint=checkpoint,
    )  # fmt: skip


def learned_before(checkpoint: Checkpoint | None) -> list[LearnedShard]:
    """List the shards that a checkpoint was trained on; none where it does not tell.

    Raises:
        RunError: It is damaged.
    """
    told = checkpoint.facts.get("shards", []) if checkpoint else []
    try:
        shards: list[LearnedShard] = parse(list[LearnedShard], told, "shards")
    except ConfigError as error:
        raise RunError(f"The checkpoint is damaged ({error}); train into a new --run.") from error
    return shards


def _usable(stage: Stage, entries: list[ManifestEntry]) -> list[ManifestEntry]:
    """Leave out what holds no pictures, where the stage learns from them."""
    return entries if stage == "khp" else filmed(entries)


def _warn_of_others(
    run: Path, stage: Stage, info: RunInfo, entries: list[ManifestEntry], learned: list[LearnedShard],
    advice: str = "",
) -> None:  # fmt: skip
    """Log which shards the stage has not been trained on before, or the run was not begun with."""
    known = {shard.sha256 for shard in learned} or set(info.data.values())
    new = sorted(entry.id for entry in entries if entry.sha256 not in known)
    if new:
        what = f"{stage} of {run} has learned from" if learned else f"{run} was begun with"
        log.warning("These are not the shards that %s; the new ones are %s.%s", what, listed(new, 5), advice)


def _check_paths(run: Path, options: TrainOptions) -> None:
    if printable(str(run)) != str(run):  # neither safetensors nor TensorBoard open such a file
        raise ConfigError(f"--run {run} is not spelled in UTF-8; choose another name.")
    if options.vgg_weights is not None and not options.vgg_weights.is_file():
        raise ConfigError(f"--vgg-weights {options.vgg_weights} does not exist.")


def _inputs(run: Path, recipe: RecipeConfig, stage: Stage) -> dict[str, str]:
    """Compute checksums of the networks that a stage goes on from."""
    paths = {name: weights_path(run, name) for name in recipe.goes_on_from(stage)}
    return {name: sha256_of(path) for name, path in paths.items() if path.is_file()}


def new_run(shards: Path, recipe: RecipeConfig, options: TrainOptions) -> tuple[RunInfo, list[ManifestEntry]]:
    """Design a run after its shards; nothing is written.

    Returns:
        The run, and the shards that it trains on.

    Raises:
        ShardError: There are none, or they do not fit the recipe or each other.
    """
    entries = select(
        read_manifest(shards), split="train", instrument=options.instrument, performers=options.performers
    )
    first = entries[0]
    if first.cqt_mode != recipe.cqt_mode:
        raise ShardError(
            f"Recipe {recipe.name} needs shards with a {recipe.cqt_mode} CQT, these hold {first.cqt_mode}; "
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
        changes=changed_settings(recipe),
        init="auto" if options.init == "auto" else "none",
        data={entry.id: entry.sha256 for entry in entries},
    )
    return info, entries


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
