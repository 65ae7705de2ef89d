"""Taking over another run's trained stages: rows of an ablation then share what they have in common."""

import logging
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

from apvg_core.config import Stage
from apvg_core.run.conditions import Conditions, found_run
from apvg_core.run.info import RunInfo, is_trained, read_run, write_run
from apvg_core.run.note_positions import NOTE_POSITIONS, keep_note_positions, read_note_positions
from apvg_core.run.seeds import run_title
from apvg_core.run.weights import read_stage_config, weights_checksum
from apvg_core.training import parallel

log = logging.getLogger(__name__)

_OWN: Final = ("recipe", "changes", "init", "stages")
"""What two runs may differ in: what of it matters to a stage is compared by itself."""

_ALIKE: Final = tuple(f.name for f in fields(RunInfo) if f.name not in _OWN)
"""What two runs must have in common for one to take a stage over from the other."""


def take_over(
    other: Path,
    run: Path,
    stage: Stage,
    info: RunInfo,
    conditions: Conditions,
    *,
    seed: int,
    init: Path | None,
) -> bool:
    """Copy a stage from another run, if it was trained with the same settings and seed on the same shards.

    The last stage is never taken over: it depends on the ones before it, and is what rows differ in.

    Args:
        other: The run to look in.
        run: The run to copy to; founded if it is not there yet.
        stage: Which.
        info: Facts about `run`.
        conditions: Conditions of `run`.
        seed: That it would be trained with.
        init: The run whose weights it would begin with.

    Returns:
        True if it was done.

    Raises:
        RunError: `other` is no run, or is damaged.
    """
    theirs = read_run(other)
    alike = all(getattr(theirs, name) == getattr(info, name) for name in _ALIKE)
    facts = theirs.stages.get(stage, {})
    others = {shard.sha256 for shard in theirs.learned_shards(stage)} - set(theirs.data.values())
    if others or stage == "stu" or not alike or facts.get("seed") != seed:
        return False
    if facts.get("init", {}).get("run") != (run_title(init.resolve()) if init else None):
        return False
    if read_stage_config(other, stage) != getattr(info.recipe, stage):
        return False
    khps = weights_checksum(run, "khp") if is_trained(run, info, "khp") else None
    if facts.get("audio_from") not in (None, khps):
        return False  # its audio encoder began as another KHP's
    if parallel.rank() == 0:
        found_run(run, info, conditions)
        # Not there, or there whole, whenever this is stopped; and only then listed.
        arriving = run / f".{stage}.part"
        for old in (arriving, run / stage):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(other / stage, arriving)
        arriving.rename(run / stage)
        if stage == "khp" and (positions := read_note_positions(other / NOTE_POSITIONS)):
            keep_note_positions(run, positions)
        listed = {**info.stages, stage: {**facts, "taken_over_from": run_title(other.resolve())}}
        write_run(run, replace(info, stages=listed))
    parallel.barrier()
    log.info("The stage %s is copied from %s, which trained it with the same settings.", stage, other)
    return True
