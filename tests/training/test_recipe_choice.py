"""Choice of a training's recipe."""

from pathlib import Path

import pytest
from safetensors.torch import load_file

from apvg_core.config_json import with_changes
from apvg_core.errors import ConfigError
from apvg_core.recipes import get_recipe
from apvg_core.run.info import read_run
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions
from apvg_core.training.recipe_choice import changes_so_far


def test_settings_can_be_changed_until_a_stage_is_begun(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1, changes={"khp.hidden": 24, "cvg.hidden": 24}))
    assert read_run(run).recipe.khp.hidden == 24
    assert load_file(run / "khp/model.safetensors")["head.weight"].shape == (120, 24)
    with pytest.raises(ConfigError, match="begun with other settings of khp"):
        khp.train(shards, run, TrainOptions(resume="last", changes={"khp.dropout": 0.5}))
    cvg.train(shards, run, TrainOptions(steps=1, changes={"cvg.noise": 8}))
    assert read_run(run).recipe.cvg.noise == 8
    copy = tmp_path / "copy"
    khp.train(shards, copy, TrainOptions(config=run / "run.json"))
    assert read_run(copy).recipe == read_run(run).recipe
    with pytest.raises(ConfigError, match="--recipe and --config"):
        khp.train(shards, tmp_path / "third", TrainOptions(config=run / "run.json", recipe="tiny"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("hello", "is not JSON"), ("[1]", "holds no recipe"), ('{"a": 1}', "Unknown setting a")],
)
def test_a_config_that_is_none(shards: Path, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=rf"--config .*config.json.*{sentence}"):
        khp.train(shards, tmp_path / "run", TrainOptions(config=tmp_path / "config.json"))
    with pytest.raises(ConfigError, match=r"--config .*missing.json cannot be read"):
        khp.train(shards, tmp_path / "run", TrainOptions(config=tmp_path / "missing.json"))


def test_a_run_tells_what_was_asked_to_be_other_than_its_recipe(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1, changes={"stu.patch": 1, "khp.hidden": 32}))
    assert read_run(run).changes == {"khp.training.steps": 1, "stu.patch": 1}  # hidden is 32 anyhow
    cvg.train(shards, run, TrainOptions(steps=1, changes={"stu.patch": 2}))
    assert read_run(run).changes == {"cvg.training.steps": 1, "khp.training.steps": 1}


def test_settings_that_an_older_run_lacks_are_no_changes() -> None:
    older = with_changes(get_recipe("tiny"), {"stu.plate": False, "stu.lines": False})
    assert changes_so_far({}, older, ["stu.lines"]) == {"stu.lines": False}
