"""Going on with a training: from which checkpoint, whether anything is left to do, with which seed."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apvg_core.config import Precision, Stage
from apvg_core.errors import ConfigError, RunError
from apvg_core.run.info import RunInfo, inputs_told, is_trained
from apvg_core.stages.settings import TrainingConfig
from apvg_core.training.checkpoint import Checkpoint, newest_checkpoint, state_folder
from apvg_core.training.options import TrainOptions

log = logging.getLogger(__name__)


def checkpoint_to_resume(
    run: Path, stage: Stage, info: RunInfo, inputs: Mapping[str, str], options: TrainOptions
) -> Checkpoint | None:
    """Read the checkpoint to go on from; None is the beginning.

    Args:
        run: The run folder.
        stage: The stage.
        info: Facts about the run.
        inputs: Checksums of the networks that the stage learns to go on from.
        options: Options of the training.

    Raises:
        RunError: The stage is there already and `resume` was not asked for, or the reverse.
    """
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
                "--resume auto leaves it as it is, or trains it from the start if --steps is larger."
            )
        raise RunError(f"{run} holds no checkpoint of {stage} to go on from; leave --resume out.")
    if checkpoint and inputs_told(info, stage, checkpoint.facts) != inputs:
        if options.resume == "last":
            raise RunError(
                f"{' or '.join(inputs)} of {run} was trained further after {stage} was begun; "
                f"--resume auto trains {stage} afresh."
            )
        log.info("%s is trained afresh, because the stages before it have changed.", stage)
        return None
    return checkpoint


def is_done(
    run: Path, stage: Stage, info: RunInfo, inputs: Mapping[str, str], training: TrainingConfig,
    options: TrainOptions,
) -> bool:  # fmt: skip
    """Return True if `--resume auto` has nothing to do."""
    facts = info.stages.get(stage, {})
    if training.patience and "steps_wanted" in facts:  # it ended early, and would again
        facts = {**facts, "steps": facts["steps_wanted"], "export": training.export}
    asked = options.resume == "auto" and is_trained(run, info, stage)
    if inputs_told(info, stage, facts) not in (None, inputs):
        return False
    wanted = {"steps": training.steps, "export": training.export}
    return asked and all(facts.get(key, value) == value for key, value in wanted.items())


def seed_and_precision(
    run: Path, stage: Stage, info: RunInfo, checkpoint: Checkpoint | None, options: TrainOptions
) -> tuple[int, Precision]:
    """Choose seed and precision: what was asked for, or what the stage was begun with.

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
