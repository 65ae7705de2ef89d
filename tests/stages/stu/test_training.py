"""Training of the STU."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from apvg_core.errors import RunError
from apvg_core.recipes import TINY
from apvg_core.run.info import read_run
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.stages.stu.step import draw_window
from apvg_core.training.options import TrainOptions
from apvg_core.training.predictions import Predictions
from tests.training.helpers import fresh, losses


def test_stu_says_which_stage_it_misses(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1))
    with pytest.raises(RunError, match="lacks the stage cvg; train it with 'apvg train-cvg"):
        stu.train(shards, run, TrainOptions())


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_stu_is_shown_the_keypoints_of_the_footage_as_often_as_told(
    share: float, shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is always shown these, it makes no difference what KHP predicts."""
    changes = {"stu.training.steps": 2, "stu.ground_truth_keypoints": share}
    options = TrainOptions(resume="auto", changes=changes, device="cpu")
    runs = [fresh(half_run, tmp_path, "stu", name) for name in ("as-predicted", "predicted-elsewhere")]
    stu.train(shards, runs[0], options)
    predicted = Predictions.read
    monkeypatch.setattr(
        Predictions, "read", lambda self, batch: (lambda c, k: (c, k + 0.1))(*predicted(self, batch))
    )
    stu.train(shards, runs[1], options)
    a, b = ([line["pixel"] for line in losses(run, "stu")] for run in runs)
    assert (a == b) is (share == 1.0)


def test_windows_lie_in_the_frames_and_come_out_even_in_the_unets_maps() -> None:
    config = replace(TINY.stu, max_size=64)
    assert draw_window(64, config, 0, 0) is None
    drawn = [draw_window(256, config, 0, step) for step in range(200)]
    assert all(window is not None and window.edge == 64 for window in drawn)
    tops, lefts = {w.top for w in drawn if w}, {w.left for w in drawn if w}
    assert tops <= set(range(0, 193, 4))
    assert min(tops | lefts) == 0
    assert max(tops | lefts) == 192
    assert drawn[7] == draw_window(256, config, 0, 7) != draw_window(256, config, 1, 7)


def test_frames_larger_than_the_unet_sees_are_learned(shards: Path, half_run: Path, tmp_path: Path) -> None:
    """Losses are compared in a part of them, the held-out loss in all."""
    run = fresh(half_run, tmp_path, "stu", "larger")
    changes = {"stu.training.steps": 3, "stu.max_size": 32, "stu.training.validate_every": 3}
    stu.train(shards, run, TrainOptions(resume="auto", changes=changes, device="cpu"))
    assert all(math.isfinite(line["pixel"]) for line in losses(run, "stu"))
    assert read_run(run).stages["stu"]["steps"] == 3
