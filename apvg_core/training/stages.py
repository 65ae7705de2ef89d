"""All trainings of a run, one after the other."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from apvg_core.config import STAGES, Stage
from apvg_core.progress import Progress, silent
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.budget import share, steps_within
from apvg_core.training.forecast import forecast
from apvg_core.training.options import TrainOptions
from apvg_core.training.recipe_choice import recipe_for

Training = Callable[[Path, Path, TrainOptions, Progress], None]

TRAININGS: Final[Mapping[Stage, Training]] = {"khp": khp.train, "cvg": cvg.train, "stu": stu.train}


def train_all(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train every stage that the recipe has, in order, each with the same options.

    To resume is to go on with whichever stage it was. `on_progress` is also told the seconds that the stages
    to come will take, as `later`, where that can be told.

    Raises:
        ApvgError: See `setup.prepare` and `budget.steps_within`.
    """
    options = replace(options, resume=options.resume and "auto")
    stages = [stage for stage in STAGES if stage in recipe_for(run, options).stages]
    ends = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    for index, stage in enumerate(stages):
        later, own = stages[index + 1 :], options
        outlook: Callable[[], float | None] = partial(forecast, shards, run, later, options)
        if ends is not None:
            left = ends - time.monotonic()
            seconds = left * share(stage, later)
            own = _within(shards, run, stage, seconds, options)
            outlook = partial(float, left - seconds)
        TRAININGS[stage](shards, run, own, _Outlook(stage, outlook if later else None, on_progress))


def train_one(
    stage: Stage, shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent
) -> None:
    """Train one stage.

    Raises:
        ApvgError: See `setup.prepare` and `budget.steps_within`.
    """
    if options.minutes is not None:
        options = _within(shards, run, stage, 60 * options.minutes, options)
    TRAININGS[stage](shards, run, options, on_progress)


def _within(shards: Path, run: Path, stage: Stage, seconds: float, options: TrainOptions) -> TrainOptions:
    """Give a stage the steps that fit into so many seconds."""
    return replace(options, steps=steps_within(shards, run, stage, seconds, options), minutes=None)


class _Outlook:
    """Progress that also tells what comes after it, which is asked for when the first step is done.

    Args:
        stage: The stage that is trained.
        later: Tells the seconds that come after it, if anybody knows; None: nothing comes.
        on_progress: Is told all of it.
    """

    def __init__(self, stage: Stage, later: Callable[[], float | None] | None, on_progress: Progress) -> None:
        self._task, self._tell, self._ask = f"train-{stage}", on_progress, later
        self._later: dict[str, float] = {}

    def __call__(self, task: str, done: float, total: float, /, **facts: float) -> None:
        if task == self._task and self._ask is not None:
            seconds, self._ask = self._ask(), None
            self._later = {} if seconds is None else {"later": seconds}
        self._tell(task, done, total, **facts, **(self._later if task == self._task else {}))
