"""Taking over another run's stages."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from apvg_core.errors import RunError
from apvg_core.recipes import TINY
from apvg_core.run.info import read_run
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import train_all


def test_rows_share_what_they_have_in_common(shards: Path, half_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_all(
        shards,
        run,
        TrainOptions(recipe="tiny+without-gcn", reuse=half_run, changes={"stu.training.steps": 1}),
    )
    info = read_run(run)
    assert info.recipe.name == "tiny+without-gcn"
    for stage in ("khp", "cvg"):
        assert info.stages[stage]["taken_over_from"] == "half"
        ours, theirs = (load_file(folder / stage / "model.safetensors") for folder in (run, half_run))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert "taken_over_from" not in info.stages["stu"]

    other = tmp_path / "other"  # other settings: trained, not taken over
    khp.train(shards, other, TrainOptions(recipe="tiny+avg", steps=1, reuse=half_run))
    assert "taken_over_from" not in read_run(other).stages["khp"]


def test_only_what_is_the_same_is_taken_over(shards: Path, half_run: Path, tmp_path: Path) -> None:
    for name, options in (("steps", TrainOptions(steps=1)), ("seed", TrainOptions(seed=7))):
        options = replace(options, recipe="tiny", reuse=half_run)
        changes = {"khp.training.steps": 1} if name == "seed" else {}
        other = half_run if name == "steps" else tmp_path / "steps"
        khp.train(shards, tmp_path / name, replace(options, reuse=other, changes=changes))
        assert "taken_over_from" not in read_run(tmp_path / name).stages["khp"]
    changes = {"khp.training.steps": TINY.khp.training.steps}
    khp.train(shards, tmp_path / "two", TrainOptions(recipe="tiny", changes=changes, reuse=half_run))
    assert "taken_over_from" in read_run(tmp_path / "two").stages["khp"]
    with pytest.raises(RunError, match=r"holds khp but no checkpoint .*--resume auto leaves it"):
        khp.train(shards, tmp_path / "two", TrainOptions(resume="last"))
    khp.train(shards, tmp_path / "two", TrainOptions(resume="auto", steps=2))  # trained after all
    assert read_run(tmp_path / "two").stages["khp"]["steps"] == 2
    assert "taken_over_from" not in read_run(tmp_path / "two").stages["khp"]


def test_killed_while_a_stage_is_taken_over(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, options = tmp_path / "run", TrainOptions(recipe="tiny", reuse=half_run, resume="auto")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            khp.train(shards, run, options)
    khp.train(shards, run, options)
    assert read_run(run).stages["khp"]["taken_over_from"] == "half"


def test_a_coarse_video_that_began_with_another_khps_ears_is_not_taken_over(
    shards: Path, tmp_path: Path
) -> None:
    changes = {"cvg.training.steps": 1}
    for name, steps in (("base", 2), ("alike", 2), ("other", 3)):
        run, reuse = tmp_path / name, None if name == "base" else tmp_path / "base"
        options = TrainOptions(recipe="tiny", reuse=reuse, changes={**changes, "khp.training.steps": steps})
        khp.train(shards, run, options)
        cvg.train(shards, run, options)
    taken_over = {
        name: "taken_over_from" in read_run(tmp_path / name).stages["cvg"] for name in ("alike", "other")
    }
    assert taken_over == {"alike": True, "other": False}
