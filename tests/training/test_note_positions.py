"""What a run keeps of how its performers play notes."""

import sys
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import read_manifest
from apvg_core.data.note_positions import learn_note_positions, run_note_positions
from apvg_core.errors import DependencyError, RunError, ShardError
from apvg_core.run.info import read_run
from apvg_core.run.note_positions import NOTE_POSITIONS, read_note_positions
from apvg_core.runtime.load import load_networks
from apvg_core.stages.khp import training as khp
from apvg_core.training import note_positions as module
from apvg_core.training.options import TrainOptions
from tests.notes import SCALE, write_players


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_players(tmp_path_factory.mktemp("players"))


def test_keypoint_prediction_leaves_them_in_the_run(players: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(players, run, TrainOptions(recipe="tiny", steps=1))
    training = [entry for entry in read_manifest(players) if entry.split == "train"]
    learned = learn_note_positions(players, training)
    assert read_note_positions(run / NOTE_POSITIONS) == run_note_positions(run) == learned
    assert list(learned["ann"].known) == list(SCALE)
    networks = load_networks(run, runtime="torch", stages=("khp",))
    assert networks.note_positions == learned

    other = tmp_path / "other"  # the same training is taken over, and what belongs to it
    khp.train(players, other, TrainOptions(recipe="tiny", steps=1, reuse=run))
    assert "taken_over_from" in read_run(other).stages["khp"]
    assert read_note_positions(other / NOTE_POSITIONS) == learned


def test_they_are_learned_after_all_where_a_training_was_stopped_before(
    players: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    run = tmp_path / "run"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(khp, "learn_from_training", stop)
        khp.train(players, run, TrainOptions(recipe="tiny", steps=1))
    khp.train(players, run, TrainOptions(resume="auto"))
    assert (run / NOTE_POSITIONS).exists()


def test_earlier_runs_are_told_of_by_shards(
    players: Path, shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise DependencyError("There is no tracker.")

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(module, "run_note_positions", missing)
        khp.train(players, run, TrainOptions(recipe="tiny", steps=1))
    assert not (run / NOTE_POSITIONS).exists()
    assert load_networks(run, runtime="torch", stages=("khp",)).note_positions == {}
    with pytest.raises(RunError, match=r"did not record where the hand is .* with --shards\."):
        run_note_positions(run)
    learned = run_note_positions(run, shards=players)
    assert run_note_positions(run) == learned
    with pytest.raises(ShardError, match="holds no train recordings of cello by ann"):
        run_note_positions(run, shards=shards)


def test_without_a_tracker_training_goes_on(
    players: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    run = tmp_path / "run"
    khp.train(players, run, TrainOptions(recipe="tiny", steps=1))
    assert "khp" in read_run(run).stages
    (warning,) = (message for message in caplog.messages if "swift-f0" in message)
    assert "'apvg check' needs these shards, with --shards" in warning


def test_other_instruments_have_a_range(half_run: Path) -> None:
    (theremin,) = (read_note_positions(half_run / NOTE_POSITIONS) or {}).values()
    assert theremin.joint is None
    assert np.isfinite([note.seconds for note in theremin.notes]).all()
