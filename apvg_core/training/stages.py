"""All trainings of a run, one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from apvg_core.config import STAGES, Stage
from apvg_core.progress import Progress, silent
from apvg_core.training import cvg, khp, stu
from apvg_core.training.task import TrainOptions, recipe_for

Training = Callable[[Path, Path, TrainOptions, Progress], None]

TRAININGS: Final[Mapping[Stage, Training]] = {"khp": khp.train, "cvg": cvg.train, "stu": stu.train}


def train_all(shards: Path, run: Path, options: TrainOptions, on_progress: Progress = silent) -> None:
    """Train every stage that the recipe has, in order, each with the same options.

    To resume is to go on with whichever stage it was.

    Raises:
        ApvgError: See `task.prepare`.
    """
    options = replace(options, resume=options.resume and "auto")
    for stage in STAGES:
        if stage in recipe_for(run, options).stages:
            TRAININGS[stage](shards, run, options, on_progress)
