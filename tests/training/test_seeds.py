"""Several trainings of one row."""

from pathlib import Path

import pytest

from apvg_core.errors import ConfigError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.run.info import read_run
from apvg_core.run.seeds import runs_in
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions
from apvg_core.training.seeds import trainings_of_seeds


def test_each_seed_has_its_run_and_takes_over_from_its_like(tmp_path: Path, run: Path) -> None:
    (tmp_path / "base/seed-0").mkdir(parents=True)
    options = TrainOptions(seed=3, resume="last", reuse=tmp_path / "base")
    (one, first), (two, second) = trainings_of_seeds(tmp_path / "row", 2, options)
    assert (one.name, first.seed, first.reuse) == ("seed-0", 3, tmp_path / "base/seed-0")
    assert (two.name, second.seed, second.reuse) == ("seed-1", 4, tmp_path / "base")
    assert first.resume == second.resume == "auto"
    with pytest.raises(ConfigError, match="is a run"):
        trainings_of_seeds(run, 2, options)


def test_a_folder_of_seeds_is_one_row(shards: Path, tmp_path: Path) -> None:
    row = tmp_path / "row"
    for run, options in trainings_of_seeds(row, 2, TrainOptions(recipe="tiny", steps=2)):
        khp.train(shards, run, options)
    assert [read_run(run).stages["khp"]["seed"] for run in runs_in(row)] == [0, 1]
    both = evaluate(shards, [row], tmp_path / "both").rows[0]
    alone = [evaluate(shards, [run], tmp_path / run.name).rows[0] for run in runs_in(row)]
    assert (both.name, both.seeds, alone[0].seeds) == ("row", 2, 1)
    one, two = (each.scores["keypoint_distance"].value for each in alone)
    assert both.scores["keypoint_distance"].value == pytest.approx((one + two) / 2)
