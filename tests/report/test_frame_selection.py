"""Frames and excerpts that are displayed."""

from pathlib import Path

import numpy as np

from apvg_core.data.shards import Shard
from apvg_core.evaluation.measurements import Measurements
from apvg_core.report.activity import active_frames
from apvg_core.report.frame_selection import (
    Excerpt,
    SelectedFrame,
    find_guide,
    select_excerpts,
    select_frames,
)
from apvg_core.report.performances import Performance, Recording
from apvg_core.units import SAMPLE_RATE
from tests.conftest import write_shard
from tests.report.helpers import row


def test_a_rest_is_no_moment(tmp_path: Path) -> None:
    """Eight seconds: a rest in which the player stirs, notes, a held note, notes, a rest with a click in it.

    Rests and the held note are imitated best; yet the best and the worst moment are among the notes.
    """
    seconds = np.arange(80) // 10
    with Shard(write_shard(tmp_path, name="a", split="validation", seconds=8, seed=0)) as whole:
        sound, keypoints = whole.audio().astype(np.float64), np.array(whole.keypoints)
    notes = np.repeat(np.isin(seconds, range(1, 7)), SAMPLE_RATE // 10)
    rng = np.random.default_rng(0)
    sound = sound * notes + rng.normal(scale=10, size=len(sound))  # a room is never silent
    sound[SAMPLE_RATE * 15 // 2 :][:4000] += 9000
    keypoints[:] = 0.5
    moving = ~np.isin(seconds, (3, 4, 5))
    keypoints[moving, 39:60, 0] += (np.arange(80) % 2 * 0.04)[moving, None]

    class Changed(Shard):
        def audio(self) -> np.ndarray:
            return sound.astype(np.int16)

    with Changed(tmp_path / "validation/theremin/a.h5") as shard:
        shard.keypoints = keypoints
        mask = active_frames(shard)
        assert mask[10:29].all()
        assert mask[61:70].all()
        assert not mask[[*range(10), *range(36, 54), *range(70, 80)]].any()
        curve = np.where(np.isin(seconds, (1, 2, 6)), 25.0 + seconds, 40.0)
        curve[34:56] = 50.0
        performance = Performance(row("a", "run", 30.0), "c0", Measurements(curves={"psnr": curve}), None, {})
        found = find_guide(Recording("a", tmp_path, [performance]), shard)
        assert found is not None
        chosen = select_frames(found.extremes, found.active, 1)
        why = {moment.reason: moment.frame for moment in chosen}
        assert seconds[why["worst"]] == 1
        assert mask[why["best"]]
        assert all(mask[moment.frame] for moment in chosen)


def test_moments_and_excerpts() -> None:
    extremes = [SelectedFrame(10, "worst"), SelectedFrame(90, "best")]
    assert select_frames(extremes, np.arange(100), 10) == [
        extremes[0],
        SelectedFrame(37),
        SelectedFrame(62),
        extremes[1],
    ]
    assert select_excerpts(extremes, 100, 40) == [Excerpt(0, 40, "worst"), Excerpt(60, 100, "best")]
    assert select_excerpts(extremes, 100, 200) == [Excerpt(0, 100, "worst and best")]
