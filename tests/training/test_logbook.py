"""Logs of a training."""

import threading
from pathlib import Path

import numpy as np
import pytest

from apvg_core.errors import RunError
from apvg_core.stages.khp import training as khp
from apvg_core.training.logbook import Board, Logbook
from apvg_core.training.options import TrainOptions
from apvg_core.training.validation import Validation
from tests.files.limits import files_limited_to


def test_a_kill_right_after_resuming_forgets_no_losses(shards: Path, tmp_path: Path) -> None:
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=10))
    before = (tmp_path / "logs/khp/metrics.jsonl").read_text()
    Logbook(tmp_path / "logs/khp", 10).close()  # and nothing more
    assert (tmp_path / "logs/khp/metrics.jsonl").read_text() == before != ""


def test_tensorboard_reads_what_is_logged(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    board = Board(tmp_path, 7)
    board.add_scalar("loss", 0.25, 8)
    board.add_image("held-out", np.zeros((4, 6, 3), np.uint8), 8)
    board.close()
    (path,) = tmp_path.iterdir()
    version, begun, loss, image = LegacyEventFileLoader(str(path)).Load()
    assert version.file_version == "brain.Event:2"
    assert (begun.step, begun.session_log.status) == (7, 1)
    assert (loss.step, loss.summary.value[0].tag, loss.summary.value[0].simple_value) == (8, "loss", 0.25)
    shown = image.summary.value[0].image
    assert (shown.height, shown.width) == (4, 6)


def test_a_full_disk_is_one_sentence_that_names_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    threads = threading.active_count()
    logbook = Logbook(tmp_path / "logs", 0)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    with files_limited_to(300):
        with pytest.raises(RunError, match=r"logs/metrics\.jsonl cannot be written \(File too large\)"):
            for step in range(100):
                logbook._line({"step": step})
        with pytest.raises(RunError, match=r"events\.out\.\S+ cannot be written \(File too large\)"):
            for step in range(100):
                logbook._board.add_scalar("loss", 0.5, step)
        with pytest.raises(RunError, match=r"step_000001\.png cannot be written \(File too large\)"):
            logbook._line = lambda _: None  # type: ignore[method-assign]
            logbook.validation(0, Validation(0.5, {}, noise))
        logbook.close()
    assert threading.active_count() == threads
    assert capfd.readouterr().err == ""
    assert list((tmp_path / "logs/samples").iterdir()) == []
