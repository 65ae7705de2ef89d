"""Announcements of a training when it begins and ends."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apvg_core.config import Stage
from apvg_core.data.manifest import ManifestEntry
from apvg_core.training.setup import TrainingSetup
from apvg_core.wording import counted, lasting

LITTLE: Final = 5 * 60
"""Seconds of footage below which a training warns; ten minutes are a start."""

MAKES: Final[Mapping[Stage, str]] = {
    "khp": "sound → keypoints", "cvg": "sound → coarse video", "stu": "sound and these → final frames"
}  # fmt: skip

log = logging.getLogger(__name__)


def footage(setup: TrainingSetup) -> dict[str, Any]:
    """Sum up how much is trained and validated on, for `run.json`."""
    held_out = setup.held_out if setup.holds_out else []
    return {
        "recordings": len(setup.entries),
        "seconds": _seconds(setup.entries),
        "held_out_recordings": len(held_out),
        "held_out_seconds": _seconds(held_out),
    }


def announce(setup: TrainingSetup) -> None:
    """Log which stage it is, of how many, on how much footage; and a warning where that is too little."""
    stages, steps, amounts = setup.info.recipe.stages, setup.training.steps, footage(setup)
    number = stages.index(setup.stage) + 1
    begun = setup.steps_before
    went = f"{begun} of {counted(steps, 'step')} done, " if begun else f"{counted(steps, 'step')} "
    held_out = (
        f"held out: {_amount(amounts['held_out_seconds'], amounts['held_out_recordings'])}"
        if amounts["held_out_recordings"]
        else "nothing is held out to judge it by"
    )
    log.info(
        "Stage %d of %d: %s (%s), %son %s; %s.",
        number, len(stages), setup.stage, MAKES[setup.stage], went,
        _amount(amounts["seconds"], amounts["recordings"]), held_out,
    )  # fmt: skip
    if number == 1 and not begun and amounts["seconds"] < LITTLE:
        log.warning(
            "%s of footage is only enough for a try: ten minutes are a start, twenty are good.",
            lasting(amounts["seconds"]).capitalize(),
        )


def announce_early_end(setup: TrainingSetup, steps: int, best: int) -> None:
    """Log that a training has lost patience, and how it would go on all the same."""
    log.info(
        "%s ends after %d of %s: its held-out loss has not been better than at step %d, whose weights it "
        "keeps. --set %s.training.patience=0 goes on.",
        setup.stage, steps, counted(setup.training.steps, "step"), best, setup.stage,
    )  # fmt: skip


def announce_end(setup: TrainingSetup, steps: int, seconds: float, held_out: Mapping[str, float]) -> None:
    """Log how long it took, and the held-out loss beside that of the mean baseline."""
    ours, theirs = held_out["loss"], held_out["mean_baseline"]
    what = "mean keypoints" if setup.stage == "khp" else "the mean frame"
    where = "held-out loss" if setup.holds_out else "loss on the footage it learned from"
    log.info(
        "%s is trained: %s in %s; %s %.3g, that of %s %.3g%s.",
        setup.stage, counted(steps, "step"), lasting(seconds), where, ours, what, theirs,
        "" if ours < theirs else " (not better yet: it needs more steps or more footage)",
    )  # fmt: skip


def _seconds(entries: Sequence[ManifestEntry]) -> float:
    return round(sum(entry.frames / entry.fps for entry in entries), 2)


def _amount(seconds: float, recordings: int) -> str:
    return f"{lasting(seconds)} ({counted(recordings, 'recording')})"
