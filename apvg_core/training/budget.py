"""A budget of time: how many steps of each stage fit into it."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from apvg_core.config import Stage
from apvg_core.errors import ConfigError
from apvg_core.run.info import is_trained, read_run
from apvg_core.runtime.devices import choose_device
from apvg_core.training import parallel
from apvg_core.training.checkpoint import step_paths
from apvg_core.training.forecast import measure_costs
from apvg_core.training.options import TrainOptions
from apvg_core.training.recipe_choice import recipe_for

log = logging.getLogger(__name__)

SHARES: Final[Mapping[Stage, float]] = {"khp": 0.15, "cvg": 0.15, "stu": 0.7}
"""Of the time: final frames need most steps to look like anybody."""


def share(stage: Stage, later: Sequence[Stage]) -> float:
    """A stage's share of the time that is left for it and the stages to come, in (0, 1]."""
    return SHARES[stage] / sum(SHARES[each] for each in (stage, *later))


def steps_within(shards: Path, run: Path, stage: Stage, seconds: float, options: TrainOptions) -> int | None:
    """Choose as many steps of a stage as fit into a time, at most the recipe's.

    Args:
        shards: The shard folder.
        run: The run folder; it need not exist yet.
        stage: Which.
        seconds: The time.
        options: Of the training.

    Returns:
        The steps; None where the stage is begun or trained, which keeps the steps that it was begun with.

    Raises:
        ApvgError: The options do not fit the run or each other, or a shard is damaged.
    """
    if step_paths(run, stage) or ((run / "run.json").exists() and is_trained(run, read_run(run), stage)):
        return None
    parallel.join(choose_device(options.device, parallel.local_rank()))
    costs = measure_costs(shards, run, stage, options)
    if costs is None:
        raise ConfigError(f"How long {stage} takes cannot be estimated; give --steps instead of --minutes.")
    most: int = getattr(recipe_for(run, options), stage).training.steps
    steps = max(1, min(most, int((seconds - costs.afterwards) / max(costs.a_step, 1e-6))))
    steps = parallel.gather([steps])[0]  # each process has measured another time
    log.info("%s takes %d of at most %d steps, %.2f s each.", stage, steps, most, costs.a_step)
    return steps
