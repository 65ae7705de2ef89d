"""Export of a trained stage into its run: weights, and facts about the training for `run.json`."""

import logging
from typing import Any

import torch

from apvg_core.errors import RunError
from apvg_core.run.info import read_run
from apvg_core.run.weights import write_stage
from apvg_core.stages.stu.settings import STUConfig
from apvg_core.training import parallel
from apvg_core.training.checkpoint import best_path, part, read_checkpoint
from apvg_core.training.setup import TrainingSetup
from apvg_core.training.stage_training import StageTraining
from apvg_core.training.state import TrainingState
from apvg_core.training.step_times import StepTimes
from apvg_core.training.words import announce_early_end, announce_end, footage

log = logging.getLogger(__name__)


@torch.no_grad()
def export(setup: TrainingSetup, stage: StageTraining, state: TrainingState, times: StepTimes) -> None:
    """Write the trained stage into the run, and say so unless that was done before with as many steps.

    Of a training that has lost patience, these are its best weights.

    Raises:
        RunError: The best weights are wanted and missing, or something cannot be written.
    """
    ends_early = state.steps_done < setup.training.steps
    which = "best" if ends_early else setup.training.export
    if which == "best":
        _load_best(setup, state)
    facts: dict[str, Any] = {"steps": state.steps_done, "export": which, "best": state.best}
    if ends_early:
        facts["steps_wanted"] = setup.training.steps
        announce_early_end(setup, state.steps_done, int(state.best["step"]))
    taken = state.steps_done - setup.steps_before
    listed = read_run(setup.run).stages
    before = {} if state.seconds_before == 0 else listed.get(setup.stage, {})
    # If no step was taken, run.json tells already, unless the stop came between checkpoint and export.
    told = not taken and before.get("steps") == state.steps_done and "held_out" in before
    if not told:
        if which == "best":
            loss = state.best["loss"]
        else:
            loss = state.validation_loss if taken else stage.validate(state.generating).loss
        facts |= _training_facts(setup, stage, state, times, loss)
    facts = {**{name: fact for name, fact in before.items() if name != "steps_wanted"}, **facts}
    hears = isinstance(getattr(setup.info.recipe, setup.stage), STUConfig)  # a rival's does not
    write_stage(
        setup.run, setup.stage, state.generating, facts,
        discriminator=state.networks["discriminator"] if hears else None,
    )  # fmt: skip
    if not told:
        announce_end(setup, state.steps_done, facts["seconds"], facts["held_out"])
    for later in setup.info.recipe.stages:
        if not told and later in listed and setup.stage in setup.info.recipe.goes_on_from(later):
            log.warning(
                "The stage %s of %s was trained on the earlier %s; train it again.",
                later, setup.run, setup.stage,
            )  # fmt: skip


def _training_facts(
    setup: TrainingSetup, stage: StageTraining, state: TrainingState, times: StepTimes, loss: float
) -> dict[str, Any]:
    return {
        "seconds": round(state.seconds_before + times.elapsed(), 1),
        "milliseconds_a_step": times.milliseconds_a_step(state.steps_done),
        "seed": setup.seed,
        "precision": setup.precision_name,
        "processes": parallel.world_size(),
        "losses": {name: round(value, 5) for name, value in state.losses.items()},
        "footage": footage(setup),
        "held_out": {"loss": float(f"{loss:.5g}"), "mean_baseline": float(f"{stage.mean_baseline():.5g}")},
        **state.facts,
    }


def _load_best(setup: TrainingSetup, state: TrainingState) -> None:
    """Put the best weights into the networks.

    Raises:
        RunError: There are none, or they are damaged.
    """
    path = best_path(setup.run, setup.stage)
    if not path.is_file():
        does_without = " ".join(f"--set {setup.stage}.training.{s}" for s in ("export=last", "patience=0"))
        raise RunError(f"{path} is missing; {does_without} does without.")
    best = read_checkpoint(path)
    for name in ("network", "average", "discriminator"):
        if name in state.networks:
            state.networks[name].load_state_dict(part(best.tensors, name))
