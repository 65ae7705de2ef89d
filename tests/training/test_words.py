"""What a training says when it begins and ends."""

import logging
from pathlib import Path

import pytest

from apvg_core.training.options import TrainOptions
from apvg_core.training.setup import prepare
from apvg_core.training.words import announce, announce_end, footage


def test_a_training_says_what_it_is(shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    setup = prepare(shards, tmp_path / "run", "khp", TrainOptions(recipe="tiny", steps=9))
    assert setup is not None
    assert footage(setup) == {
        "recordings": 2, "seconds": 6.0, "held_out_recordings": 1, "held_out_seconds": 2.0
    }  # fmt: skip
    with caplog.at_level(logging.INFO):
        announce(setup)
        announce_end(setup, 9, 75.0, {"loss": 0.25, "mean_baseline": 0.5})
    first, warning, last = caplog.messages
    assert first.startswith(
        "Stage 1 of 3: khp (sound → keypoints), 9 steps on 6 seconds (2 recordings); held out: 2"
    )
    assert "6 seconds of footage is only enough for a try" in warning
    assert last == "khp is trained: 9 steps in 75 seconds; held-out loss 0.25, that of mean keypoints 0.5."
