"""Evaluation by the notes that are heard."""

import sys
from pathlib import Path

import pytest

from apvg_core.data.manifest import read_manifest
from apvg_core.evaluation import note_positions as module
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.note_positions import training_positions
from apvg_core.progress import silent
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions
from tests.notes import write_players


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_players(tmp_path_factory.mktemp("players"))


@pytest.fixture(scope="module")
def cellist(players: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "cellist"
    khp.train(players, run, TrainOptions(recipe="tiny", steps=1))
    return run


def test_every_row_is_judged_by_the_training_recordings_which_are_heard_once(
    players: Path, cellist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = evaluate(players, [cellist], tmp_path)
    recorded, nearest, still = (
        results.row(name).scores for name in ("the recordings", "nearest audio", "mean frame")
    )
    assert recorded["note_agreement"].value > 0.85  # ten frames a second
    assert recorded["note_agreement_chance"].value < 0.5
    assert nearest["note_agreement"].value > 0.8  # this player has but five positions
    assert still["note_agreement"].value == pytest.approx(still["note_agreement_chance"].value)
    assert "note_agreement" in results.rows[0].scores
    monkeypatch.delattr(module, "learn_note_positions")
    assert evaluate(players, [cellist], tmp_path) == results


def test_without_a_tracker_the_rest_is_judged(
    players: Path, cellist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    results = evaluate(players, [cellist], tmp_path)
    assert "note_agreement" not in results.row("the recordings").scores
    assert "onset_f1" in results.row("the recordings").scores
    assert any("swift-f0" in message for message in caplog.messages)


def test_where_no_hand_follows_the_notes_nothing_is_learned(tmp_path: Path) -> None:
    flutes = read_manifest(write_players(tmp_path / "shards", "flute"))
    assert training_positions(tmp_path / "shards", flutes, tmp_path, silent) is None
