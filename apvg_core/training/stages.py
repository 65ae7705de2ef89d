"""All trainings of a run, one after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from apvg_core.config import STAGES, Stage
from apvg_core.progress import Progress, silent
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
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
        ApvgError: See `setup.prepare`.
    """
    options = replace(options, resume=options.resume and "auto")
    stages = [stage for stage in STAGES if stage in recipe_for(run, options).stages]
    for index, stage in enumerate(stages):
        watched = _Outlook(shards, run, options, stage, stages[index + 1 :], on_progress)
        TRAININGS[stage](shards, run, options, watched)


class _Outlook:
    """Progress that also tells what comes after it; it is measured once, when the first step is done."""

    def __init__(
        self, shards: Path, run: Path, options: TrainOptions, stage: Stage, later: Sequence[Stage],
        on_progress: Progress,
    ) -> None:  # fmt: skip
        self._arguments = (shards, run, later, options)
        self._task, self._tell = f"train-{stage}", on_progress
        self._later: dict[str, float] | None = None if later else {}

    def __call__(self, task: str, done: float, total: float, /, **facts: float) -> None:
        if task == self._task and self._later is None:
            seconds = forecast(*self._arguments)
            self._later = {} if seconds is None else {"later": seconds}
        self._tell(task, done, total, **facts, **((self._later or {}) if task == self._task else {}))
