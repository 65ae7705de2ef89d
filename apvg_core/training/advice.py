"""Advice at the end of a training: would more film help, or more training?"""

import logging
from typing import Final

import numpy as np

from apvg_core.training.logbook import Curves
from apvg_core.training.setup import TrainingSetup

FEWEST: Final = 6
"""Validations below which nothing is said: a third of them is then no more than one."""

FALLS: Final = 0.02
"""Share by which a loss must be lower than before to be called falling."""

FAR: Final = 2 / 3
"""Share of the held-out loss below which a training loss is far below it."""

log = logging.getLogger(__name__)


def more_film_would_help(curves: Curves, patience: int = 0) -> bool:
    """Tell overfitting from too short a training by the last third of the validations.

    The held-out loss has had its minimum before, while that on the footage it learns from still falls or is
    far below it: what is learned by now holds for this footage only.

    Args:
        curves: The learning curves.
        patience: The number of validations that the training waits for a better one, which is looked at if
            it is less than a third of them; 0: the training does not wait.
    """
    held_out, training = np.array(curves.held_out), np.array(curves.training)
    count = len(held_out)
    if count < FEWEST:
        return False
    end = min(count // 3, patience or count)
    late, before = training[-end:].mean(), training[-2 * end : -end].mean()
    improves = held_out[-end:].min() < held_out[:-end].min()
    return bool(not improves and (late < (1 - FALLS) * before or late < FAR * held_out.min()))


def advise(setup: TrainingSetup, curves: Curves) -> None:
    """Log that more film would help, where it would."""
    if setup.holds_out and more_film_would_help(curves, setup.training.patience):
        log.info(
            "More film would help %s more than more training: on what it learned from it keeps getting "
            "better, on the film held out it does not.", setup.stage,
        )  # fmt: skip
