"""Which of the performers that came along a stage begins with."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from apvg_core import pretrained
from apvg_core.config import STAGES
from apvg_core.recipes import get_recipe
from apvg_core.run.info import RunInfo, read_run, write_run
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.training.initial_run import initial_run
from apvg_core.training.options import TrainOptions


@pytest.fixture
def at_hand(half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A horn player, and two cellists of whom the second draws better; recipe tiny."""
    folder = tmp_path / "pretrained"
    for name, instrument, loss in (("a", "horn", 0.1), ("b", "cello", 0.4), ("c", "cello", 0.2)):
        shutil.copytree(half_run, folder / name)
        info = read_run(half_run)
        held_out = {"loss": loss, "mean_baseline": 0.5}
        stages = {stage: {**facts, "held_out": held_out} for stage, facts in info.stages.items()}
        write_run(folder / name, replace(info, instrument=instrument, stages=stages))
    monkeypatch.setattr(pretrained, "FOLDER", folder)
    return folder


def like(info: RunInfo, instrument: str, recipe: str = "tiny") -> RunInfo:
    return replace(info, instrument=instrument, recipe=get_recipe(recipe))


def chosen(info: RunInfo) -> dict[str, str | None]:
    runs = {stage: initial_run(stage, info) for stage in STAGES}
    return {stage: run and run.name for stage, run in runs.items()}


def test_the_nearest_instrument_and_of_these_the_best(at_hand: Path, half_run: Path) -> None:
    info = read_run(half_run)  # which lacks the last stage
    assert chosen(like(info, "horn")) == {"khp": "a", "cvg": "a", "stu": None}
    assert chosen(like(info, "cello")) == {"khp": "c", "cvg": "c", "stu": None}
    assert chosen(like(info, "violin")) == {"khp": "c", "cvg": "c", "stu": None}  # a string as well
    assert chosen(like(info, "flute")) == {"khp": None, "cvg": "a", "stu": None}  # nobody moves alike
    assert chosen(like(info, "flute", "fast")) == {"khp": None, "cvg": None, "stu": None}


def test_those_that_came_along() -> None:
    info = read_run(pretrained.FOLDER / "cello")
    assert chosen(like(info, "cello", "fast")) == dict.fromkeys(STAGES, "cello")
    assert chosen(like(info, "horn", "fast+without-gcn")) == dict.fromkeys(STAGES, "trombone")
    for recipe in ("tiny", "tiny+ebdn"):
        whole = like(info, "cello", recipe)
        assert {initial_run(stage, whole) for stage in whole.recipe.stages} == {None}
    paper = replace(info, cqt_mode="clip", recipe=get_recipe("paper"))
    assert chosen(paper) == dict.fromkeys(STAGES)


def test_a_run_goes_on_as_it_was_begun(
    shards: Path, at_hand: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    auto, without = tmp_path / "auto", tmp_path / "without"
    options = TrainOptions(recipe="tiny", steps=1, init="auto")
    shutil.copytree(at_hand / "c", at_hand / "same")
    write_run(at_hand / "same", replace(read_run(at_hand / "c"), instrument="theremin"))
    khp.train(shards, auto, options)
    assert "khp begins with 100 % of its weights from same, which came with apvg" in caplog.text
    assert (read_run(auto).init, read_run(auto).stages["khp"]["init"]["run"]) == ("auto", "same")
    shutil.rmtree(at_hand / "same")
    khp.train(shards, auto, TrainOptions(steps=2, resume="auto", init="auto"))
    assert read_run(auto).stages["khp"]["init"]["run"] == "same"
    cvg.train(shards, auto, TrainOptions(steps=1, init="auto"))
    assert read_run(auto).stages["cvg"]["init"]["run"] == "a"

    khp.train(shards, without, replace(options, init=None))
    khp.train(shards, without, TrainOptions(steps=2, resume="last", init="auto"))
    caplog.clear()
    cvg.train(shards, without, TrainOptions(steps=1, init="auto"))
    assert "begins with" not in caplog.text
    assert read_run(without).init == "none"
    assert not any("init" in facts for facts in read_run(without).stages.values())


def test_what_begins_alike_is_taken_over(shards: Path, half_run: Path, tmp_path: Path) -> None:
    khp.train(shards, tmp_path / "new", TrainOptions(recipe="tiny", reuse=half_run, init="auto"))
    assert read_run(tmp_path / "new").stages["khp"]["taken_over_from"] == "half"
