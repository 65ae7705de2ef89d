"""Early stopping, by held-out losses made by hand: the best is that of step 10."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from apvg_core.data.manifest import write_manifest
from apvg_core.run.info import read_run
from apvg_core.stages.khp import training as khp
from apvg_core.training.checkpoint import best_path, read_checkpoint, step_paths
from apvg_core.training.options import TrainOptions
from tests.conftest import write_shard

LOSSES = (3.0, 1.0, 2.0, 1.5, 1.2, 1.1, 0.5)


@pytest.fixture(autouse=True)
def coming(monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    real, coming = khp.KHPTraining.validate, iter(LOSSES)
    monkeypatch.setattr(khp.KHPTraining, "validate", lambda *a: replace(real(*a), loss=next(coming)))
    return coming


def options(patience: int, **others: object) -> TrainOptions:
    changes = {"khp.training.patience": patience, "khp.training.validate_every": 5}
    return TrainOptions(**{"recipe": "tiny", "steps": 30, "changes": changes, **others})  # type: ignore[arg-type]


def test_it_ends_with_the_best_weights_and_stays_so(
    shards: Path, tmp_path: Path, coming: Iterator[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run = tmp_path / "run"
    khp.train(shards, run, options(2))
    facts = read_run(run).stages["khp"]
    assert (facts["steps"], facts["steps_wanted"], facts["export"]) == (20, 30, "best")
    assert (facts["best"], facts["held_out"]["loss"]) == ({"step": 10, "loss": 1.0}, 1.0)
    assert read_run(run).recipe.khp.training.patience == 2
    assert (
        "khp ends after 20 of 30 steps: its held-out loss has not been better than at step 10" in caplog.text
    )
    best = read_checkpoint(best_path(run, "khp"))
    weights = load_file(run / "khp/model.safetensors")
    assert all(torch.equal(tensor, best.tensors[f"network/{name}"]) for name, tensor in weights.items())
    assert step_paths(run, "khp")[-1].stem == "step_00000020"

    caplog.clear()
    khp.train(shards, run, TrainOptions(resume="auto"))
    assert "is trained already" in caplog.text
    # killed between checkpoint and export: no step more
    shutil.rmtree(run / "khp")
    khp.train(shards, run, TrainOptions(resume="auto"))
    assert next(coming) == 1.2
    assert read_run(run).stages["khp"]["steps"] == 20
    again = load_file(run / "khp/model.safetensors")
    assert all(torch.equal(tensor, weights[name]) for name, tensor in again.items())


def test_it_can_go_on_without_patience(shards: Path, tmp_path: Path) -> None:
    khp.train(shards, tmp_path, options(1))
    assert read_run(tmp_path).stages["khp"]["steps"] == 15
    khp.train(shards, tmp_path, options(0, recipe=None, resume="auto"))
    facts = read_run(tmp_path).stages["khp"]
    assert (facts["steps"], facts["export"], facts["held_out"]["loss"]) == (30, "last", 1.1)
    assert "steps_wanted" not in facts


@pytest.mark.parametrize("patience", [0, 5])
def test_with_patience_it_takes_all_its_steps(shards: Path, tmp_path: Path, patience: int) -> None:
    khp.train(shards, tmp_path, options(patience))
    facts = read_run(tmp_path).stages["khp"]
    assert (facts["steps"], facts["export"], "steps_wanted" in facts) == (30, "last", False)


def test_without_anything_held_out_there_is_none(tmp_path: Path) -> None:
    write_shard(tmp_path, name="a", split="train", seconds=3, seed=0)
    write_manifest(tmp_path)
    khp.train(tmp_path, tmp_path / "run", options(1))
    assert read_run(tmp_path / "run").stages["khp"]["steps"] == 30
