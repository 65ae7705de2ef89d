"""A full disk in training: a sentence says which file it is, and what is whole stays."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.errors import RunError
from apvg_core.run import write_run, write_tensors
from apvg_core.stages.khp import training as khp
from apvg_core.training.checkpoint import Checkpoint, read_checkpoint, restore_tensors, write_checkpoint
from apvg_core.training.logbook import Board, Examination, Logbook
from apvg_core.training.predictions import _Array, _is_whole
from apvg_core.training.setup import TrainOptions
from tests.files.limits import files_limited_to
from tests.test_hostile_runs import INFO

CHECKPOINT = Checkpoint(
    steps_done=3, seconds=1.5, seed=0, precision="fp32", averages={"loss": 0.5}, best={},
    facts={"inputs": {}}, tensors={"network/weight": torch.ones(3)},
)  # fmt: skip


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
            logbook.examination(0, Examination(0.5, {}, noise))
        logbook.close()
    assert threading.active_count() == threads
    assert capfd.readouterr().err == ""
    assert list((tmp_path / "logs/samples").iterdir()) == []


def test_a_full_disk_names_the_runs_files(tmp_path: Path) -> None:
    write_run(tmp_path, INFO)
    before = (tmp_path / "run.json").read_text()
    with files_limited_to(300):
        with pytest.raises(RunError, match=r"run\.json cannot be written \(File too large\)"):
            write_run(tmp_path, replace(INFO, instrument="violin"))
        with pytest.raises(RunError, match=r"x\.safetensors cannot be written"):
            write_tensors(tmp_path / "x.safetensors", {"x": torch.zeros(1000)})
        array = _Array("coarse", tmp_path / "a.npy", np.uint8, (1000,))
        with pytest.raises(OSError, match="File too large"):
            array.create()
    assert (tmp_path / "run.json").read_text() == before
    assert not list(tmp_path.glob("*.part"))


def test_predictions_that_were_cut_short_are_made_anew(tmp_path: Path) -> None:
    array = _Array("coarse", tmp_path / "a.npy", np.uint8, (1000,))
    assert not _is_whole(array)
    array.create()[:] = 7
    assert _is_whole(array)
    assert not _is_whole(replace(array, shape=(999,)))
    array.path.write_bytes(array.path.read_bytes()[:500])
    assert not _is_whole(array)


def test_a_disk_full_ends_a_training_in_a_sentence(shards: Path, tmp_path: Path) -> None:
    options = TrainOptions(recipe="tiny", steps=2)
    with files_limited_to(20_000), pytest.raises(RunError, match=r"cannot be written \(.*; make room"):
        khp.train(shards, tmp_path / "run", options)
    khp.train(shards, tmp_path / "run", replace(options, resume="auto"))
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    "changes",
    [
        {"steps_done": -1}, {"steps_done": "3"}, {"seed": 1.5}, {"precision": "fp8"}, {"averages": []},
        {"best": {"loss": "low"}}, {"facts": None}, {"tensors": {"x": torch.tensor([float("nan")])}},
        {"seconds": float("inf")},
    ],
)  # fmt: skip
def test_a_checkpoint_that_cannot_be(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "step_00000003.safetensors"
    write_checkpoint(path, CHECKPOINT)
    assert read_checkpoint(path).averages == {"loss": 0.5}
    write_checkpoint(path, replace(CHECKPOINT, **changes))
    with pytest.raises(RunError, match="is damaged"):
        read_checkpoint(path)


def test_an_optimisers_state_of_another_network() -> None:
    layer = torch.nn.Linear(2, 2)
    adam = torch.optim.Adam(layer.parameters())
    slots = {
        "adam/0.step": torch.ones(1),
        "adam/0.exp_avg": torch.ones(2, 2),
        "adam/0.exp_avg_sq": torch.ones(2, 2),
    }
    restore_tensors(slots, {}, {"adam": adam})
    for tensors in ({"adam/0.exp_avg": torch.zeros(3, 3)}, {"adam/9.exp_avg": torch.zeros(2, 2)}):
        with pytest.raises(RunError, match="does not fit the run's recipe"):
            restore_tensors(tensors, {}, {"adam": adam})
