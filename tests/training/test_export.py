"""Export of a trained stage."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from apvg_core.run.info import read_run
from apvg_core.stages.khp import training as khp
from apvg_core.training import fit
from apvg_core.training.checkpoint import best_path, read_checkpoint
from apvg_core.training.options import TrainOptions


def test_the_best_weights_can_be_what_generates(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, losses_to_come = khp.KHPTraining.validate, iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(khp.KHPTraining, "validate", lambda *a: replace(real(*a), loss=next(losses_to_come)))
    changes = {"khp.training.export": "best", "khp.training.validate_every": 5}
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=15, changes=changes))
    facts = read_run(tmp_path).stages["khp"]
    assert facts["best"] == {"step": 10, "loss": 1.0}
    assert facts["export"] == "best"
    best = read_checkpoint(best_path(tmp_path, "khp"))
    assert best.steps_done == 10
    weights = load_file(tmp_path / "khp/model.safetensors")
    assert all(torch.equal(tensor, best.tensors[f"network/{name}"]) for name, tensor in weights.items())


def test_nothing_is_lost_of_a_training_that_was_stopped_before_its_export(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    straight, broken = tmp_path / "straight", tmp_path / "broken"
    for run in (straight, broken):
        khp.train(shards, run, TrainOptions(recipe="tiny", device="cpu", steps=1))
    further = TrainOptions(device="cpu", steps=2, resume="last")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(fit, "export", stop)
        khp.train(shards, broken, further)
    for run in (straight, broken):
        khp.train(shards, run, further)
    expected, facts = (read_run(run).stages["khp"] for run in (straight, broken))
    assert facts.keys() == expected.keys()
    for name in facts.keys() - {"seconds", "milliseconds_a_step"}:
        assert facts[name] == expected[name], name


def test_how_often_it_is_validated_and_what_is_exported_can_change(shards: Path, tmp_path: Path) -> None:
    changes = {"khp.training.validate_every": 2}
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=4, changes=changes))
    seconds = read_run(tmp_path).stages["khp"]["seconds"]
    changes = {"khp.training.export": "best", "khp.training.validate_every": 1}
    khp.train(shards, tmp_path, TrainOptions(resume="auto", changes=changes))
    facts = read_run(tmp_path).stages["khp"]
    assert (facts["export"], facts["seconds"]) == ("best", seconds)
