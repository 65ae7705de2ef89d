"""What a training says when it begins and ends."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apvg_core.config import Stage
from apvg_core.data.manifest import ManifestEntry
from apvg_core.training.setup import Task
from apvg_core.wording import counted, lasting

LITTLE: Final = 5 * 60
"""Seconds of footage below which a training warns; ten minutes are a start."""

MAKES: Final[Mapping[Stage, str]] = {
    "khp": "sound → keypoints", "cvg": "sound → coarse video", "stu": "sound and these → final frames"
}  # fmt: skip

log = logging.getLogger(__name__)


def footage(task: Task) -> dict[str, Any]:
    """How much it learns from, and by how much it is examined, for `run.json`."""
    held_out = [] if task.held_out == task.entries else task.held_out
    return {
        "recordings": len(task.entries),
        "seconds": _seconds(task.entries),
        "held_out_recordings": len(held_out),
        "held_out_seconds": _seconds(held_out),
    }


def announce(task: Task) -> None:
    """Which stage it is, of how many, on how much footage; and a warning where that is too little."""
    stages, steps, seen = task.info.recipe.stages, task.training.steps, footage(task)
    number = stages.index(task.stage) + 1
    begun = task.checkpoint.steps_done if task.checkpoint else 0
    went = f"{begun} of {counted(steps, 'step')} done, " if begun else f"{counted(steps, 'step')} "
    held_out = (
        f"held out: {_amount(seen['held_out_seconds'], seen['held_out_recordings'])}"
        if seen["held_out_recordings"]
        else "nothing is held out to examine it by"
    )
    log.info(
        "Stage %d of %d: %s (%s), %son %s; %s.",
        number, len(stages), task.stage, MAKES[task.stage], went,
        _amount(seen["seconds"], seen["recordings"]), held_out,
    )  # fmt: skip
    if number == 1 and not begun and seen["seconds"] < LITTLE:
        log.warning(
            "%s to learn from is too little for more than a try: ten minutes are a start, twenty are good.",
            lasting(seen["seconds"]).capitalize(),
        )


def announce_end(task: Task, seconds: float, held_out: Mapping[str, float]) -> None:
    """How long it took, and how well it does beside what hears nothing."""
    ours, theirs = held_out["loss"], held_out["deaf"]
    what = "mean keypoints" if task.stage == "khp" else "the mean frame"
    where = "held-out loss" if task.held_out != task.entries else "loss on the footage it learned from"
    log.info(
        "%s is trained: %s in %s; %s %.3g, that of %s %.3g%s.",
        task.stage, counted(task.training.steps, "step"), lasting(seconds), where, ours, what, theirs,
        "" if ours < theirs else " (no better yet: more steps or more footage)",
    )  # fmt: skip


def _seconds(entries: Sequence[ManifestEntry]) -> float:
    return round(sum(entry.frames / entry.fps for entry in entries), 2)


def _amount(seconds: float, recordings: int) -> str:
    return f"{lasting(seconds)} ({counted(recordings, 'recording')})"
