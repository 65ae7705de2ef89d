"""Plan: row names, and inputs that are missing."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from apvg_core.errors import ConfigError, RunError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.plan import run_names, warn_of_choices
from apvg_core.run.info import read_run


def test_rows_that_would_be_taken_for_each_other(shards: Path, run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Two rows would be called"):
        evaluate(shards, [run, run], tmp_path)
    for name in ("whole", "mean frame", "the recordings"):
        videos = tmp_path / name
        videos.mkdir()
        (videos / "c.mp4").write_text("hello")
        with pytest.raises(ConfigError, match=f"Two rows would be called {name}"):
            evaluate(shards, [run], tmp_path / "results", videos=videos)


def test_a_run_that_lacks_something_is_found_before_anything_is_judged(
    shards: Path, run: Path, tmp_path: Path
) -> None:
    for lost in ("khp/model.safetensors", "cvg/config.json", "conditions.safetensors"):
        copy = tmp_path / lost.replace("/", "-")
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("state", "logs"))
        (copy / lost).unlink()
        with pytest.raises(RunError, match=lost.split("/")[0].split(".")[0]):
            evaluate(shards, [run, copy], tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_runs_chosen_on_what_they_are_scored_by_are_named(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    info = read_run(run)
    assert {facts["export"] for facts in info.stages.values()} == {"last"}
    chosen = replace(info, stages={**info.stages, "khp": {**info.stages["khp"], "export": "best"}})
    warn_of_choices([run, run], [info, chosen], "test")
    assert not caplog.text
    warn_of_choices([run, run], [info, chosen], "validation")
    assert caplog.text.count("(khp) were chosen as the best on validation recordings") == 1


def test_runs_of_one_name_are_told_apart_by_their_parents(tmp_path: Path) -> None:
    runs = [tmp_path / name for name in ("a/run", "b/run", "c/other")]
    assert run_names(runs) == ["a/run", "b/run", "other"]
