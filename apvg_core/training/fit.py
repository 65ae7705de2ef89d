"""The training loop of every stage."""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Final

import torch

from apvg_core.config_json import flatten
from apvg_core.files import remove_stale_parts
from apvg_core.progress import Progress
from apvg_core.run.conditions import found_run
from apvg_core.run.info import read_run, write_run
from apvg_core.stages.settings import TrainingConfig
from apvg_core.training import parallel
from apvg_core.training.advice import advise
from apvg_core.training.audio_encoders import DeadFeatures
from apvg_core.training.checkpoint import best_path, save_step, state_folder, step_paths, write_checkpoint
from apvg_core.training.export import export
from apvg_core.training.heap import keep_freed_memory
from apvg_core.training.logbook import Logbook
from apvg_core.training.optimizer_step import OptimizerStep
from apvg_core.training.setup import TrainingSetup
from apvg_core.training.stage_training import StageTraining
from apvg_core.training.state import TrainingState
from apvg_core.training.step_times import StepTimes
from apvg_core.training.stopping import StopRequest

LOG_EVERY: Final = 10

log = logging.getLogger(__name__)


def fit(setup: TrainingSetup, stage: StageTraining, on_progress: Progress) -> None:
    """Train a stage and put it into its run; with a checkpoint, go on as if never stopped.

    Several processes take every step together; the first alone reports, validates and writes.

    Args:
        setup: The setup of the training.
        stage: Its networks, batches and steps.
        on_progress: Called after each step.

    Raises:
        RunError: The loss is not finite, something cannot be written, or the checkpoint does not fit.
        KeyboardInterrupt: Somebody asked to stop; a checkpoint is written.
    """
    training = setup.training
    keep_freed_memory()
    state = TrainingState(setup, stage)
    with _opened_run(setup) as logbook, StopRequest() as stop:
        times = StepTimes(state.steps_done)
        dead = DeadFeatures(setup, stage.networks) if logbook else None
        until = state.steps_done if state.is_out_of_patience else training.steps
        for step, batch in stage.sampler.batches(state.steps_done, until):
            times.add("data")
            set_learning_rate(stage.optimisers.values(), learning_rate(training, step))
            shards = stage.sampler.shards
            optimizer_step = OptimizerStep(setup.stage, step, batch, shards, training.clip_norm, times)
            losses = state.update(stage.take_step(step, batch, optimizer_step))
            # All stop after the same step, whichever of them was asked and however late in it.
            stopping = parallel.any_process(stop.noted, setup.device)
            last = state.steps_done == training.steps
            validates = last or state.steps_done % training.validate_every == 0
            if logbook and dead:
                rates = times.rates(state.steps_done, training.batch * training.sequence)
                on_progress(f"train-{setup.stage}", state.steps_done, training.steps, **state.losses, **rates)
                if last or state.steps_done % LOG_EVERY == 0:
                    logbook.losses(step, losses)
                if validates:
                    _validate(setup, stage, state, times, logbook, dead)
            last = last or (validates and _is_out_of_patience(setup, state))
            if logbook and (last or stopping or state.steps_done % training.checkpoint_every == 0):
                checkpoint = state.checkpoint(times.elapsed())
                save_step(setup.run, setup.stage, checkpoint, keep=training.checkpoints)
            if stopping and not last:
                stop.obey()
            times.end_step(state.steps_done, last=last)
            if last:
                break
        if logbook:
            export(setup, stage, state, times)
            advise(setup, logbook.curves())
        parallel.barrier()
        if parallel.any_process(stop.noted, setup.device):
            stop.obey()


def learning_rate(training: TrainingConfig, step: int) -> float:
    """Compute a step's learning rate: it falls from lr to lr_end geometrically (section IV.A)."""
    share = min(1.0, step / max(1, training.steps - 1))
    return training.lr * (training.lr_end / training.lr) ** share


def set_learning_rate(optimisers: Iterable[torch.optim.Optimizer], rate: float) -> None:
    """Give all optimisers a learning rate."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate


@torch.no_grad()
def _validate(
    setup: TrainingSetup,
    stage: StageTraining,
    state: TrainingState,
    times: StepTimes,
    logbook: Logbook,
    dead: DeadFeatures,
) -> None:
    """Validate the network that would generate, and keep it if it is the best."""
    validation = stage.validate(state.generating)
    logbook.validation(state.steps_done - 1, validation)
    if state.is_best(validation.loss):
        write_checkpoint(best_path(setup.run, setup.stage), state.checkpoint(times.elapsed()))
    logbook.dead_features(state.steps_done - 1, dead.measure())


def _is_out_of_patience(setup: TrainingSetup, state: TrainingState) -> bool:
    """Ask the first process, which alone has validated; all learn the answer."""
    if not setup.training.patience:
        return False
    return parallel.any_process(parallel.rank() == 0 and state.is_out_of_patience, setup.device)


@contextmanager
def _opened_run(setup: TrainingSetup) -> Iterator[Logbook | None]:
    """Found the run, or bring its run.json up to date, and open the logs; None for later processes."""
    if parallel.rank():
        yield None
        return
    settings = {"seed": setup.seed, "device": str(setup.device), "precision": setup.precision_name}
    settings |= flatten(asdict(getattr(setup.info.recipe, setup.stage)), f"{setup.stage}.")
    formatted = (f"{k}={json.dumps(v, separators=(',', ':'))}" for k, v in settings.items())
    log.debug("%s: %s", setup.info.recipe.name, " ".join(formatted))
    if not (setup.run / "run.json").exists():
        found_run(setup.run, setup.info, setup.conditions)
    elif read_run(setup.run) != setup.info:
        write_run(setup.run, setup.info)
    state = state_folder(setup.run, setup.stage)
    for left in state.glob("*.part"):  # of a training that was killed
        left.unlink()
    for folder in (setup.run, setup.run / setup.stage, state / "predicted"):
        remove_stale_parts(folder)
    if setup.steps_before == 0:  # an earlier training's would pass for the newest
        for old in (best_path(setup.run, setup.stage), *step_paths(setup.run, setup.stage)):
            old.unlink(missing_ok=True)
    with closing(Logbook(setup.run / "logs" / setup.stage, setup.steps_before)) as logbook:
        yield logbook
