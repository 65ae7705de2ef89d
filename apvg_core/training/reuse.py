"""Taking over another run's trained stages: rows of an ablation then share what they have in common."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

from apvg_core.config import Stage
from apvg_core.run import Conditions, RunInfo, read_run, read_stage_config, write_conditions, write_run
from apvg_core.training import parallel

log = logging.getLogger(__name__)


def take_over(other: Path, run: Path, stage: Stage, info: RunInfo, conditions: Conditions) -> bool:
    """Copy a stage from another run, if it was trained with the same settings on the same shards.

    The last stage is never taken over: it depends on the ones before it, and is what rows differ in.

    Args:
        other: The run to look in.
        run: The run to copy to; founded if it is not there yet.
        stage: Which.
        info: What `run` is.
        conditions: Of `run`.

    Returns:
        Whether it was done.

    Raises:
        RunError: `other` is no run, or is damaged.
    """
    theirs = read_run(other)
    alike = replace(theirs, recipe=info.recipe, stages=info.stages) == info
    if not (stage != "stu" and alike and stage in theirs.stages):
        return False
    if read_stage_config(other, stage) != getattr(info.recipe, stage):
        return False
    if parallel.rank() == 0:
        write_run(run, info)
        write_conditions(run, conditions)
        shutil.copytree(other / stage, run / stage)
        facts = {**theirs.stages[stage], "taken_over_from": other.resolve().name}
        write_run(run, replace(info, stages={**info.stages, stage: facts}))
    parallel.barrier()
    log.info("The stage %s is taken over from %s, which trained it with the same settings.", stage, other)
    return True
