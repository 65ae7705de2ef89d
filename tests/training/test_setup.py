"""Preparation of a training: what does not fit is refused before anything is written."""

import shutil
from pathlib import Path

import h5py
import pytest

from apvg_core.data.manifest import write_manifest
from apvg_core.errors import ConfigError, RunError, ShardError
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.options import TrainOptions
from tests.conftest import FPS, write_shard


def test_a_run_keeps_to_what_it_was_made_for(shards: Path, half_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="made with --recipe tiny"):
        khp.train(shards, half_run, TrainOptions(recipe="fast"))
    with pytest.raises(ConfigError, match="a run for theremin"):
        khp.train(shards, half_run, TrainOptions(instrument="violin"))
    with pytest.raises(ConfigError, match="made for p1"):
        khp.train(shards, half_run, TrainOptions(performers=("p2",)))
    write_shard(tmp_path, name="a", split="train", seconds=3, seed=0, fps=25.0)
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match=r"has --fps 25 where 10 is needed"):
        stu.train(tmp_path, half_run, TrainOptions())


def test_recipe_paper_wants_its_own_cqt(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="apvg extract --cqt clip"):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="paper"))
    assert not (tmp_path / "run").exists()


def test_sizes_that_do_not_halve_evenly_are_refused_at_once(tmp_path: Path) -> None:
    write_shard(tmp_path, name="a", split="train", seconds=3, seed=0, size=80)
    write_manifest(tmp_path)
    with pytest.raises(ConfigError, match="--size is a multiple of 32, not 80"):
        khp.train(tmp_path, tmp_path / "run", TrainOptions(recipe="tiny"))
    assert not (tmp_path / "run").exists()


def test_a_command_that_is_refused_does_not_found_a_run(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="toaster"):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny", device="toaster"))
    with pytest.raises(RunError, match="no checkpoint"):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny", resume="last"))
    write_shard(tmp_path / "shards", name="a", split="train", seconds=1 / FPS, seed=0)
    write_manifest(tmp_path / "shards")
    with pytest.raises(ShardError, match="shorter than"):
        khp.train(tmp_path / "shards", tmp_path / "run", TrainOptions(recipe="tiny"))
    assert not (tmp_path / "run").exists()


def test_settings_that_fit_nothing_leave_the_run_as_it_was(
    shards: Path, half_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    before = (run / "run.json").read_text()
    for changes, sentence in (
        ({"stu.channels": [8, 8, 8, 8, 8, 8]}, "two to five levels"),
        ({"stu.patch": 4, "stu.channels": [8, 8, 8, 8, 8, 8]}, "two to five levels"),
        ({"stu.graph_features": 0}, "graph_features must be above 0"),
        ({"name": "other"}, "cannot change a recipe's name"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            stu.train(shards, run, TrainOptions(changes=changes, steps=1))
        assert (run / "run.json").read_text() == before
    with pytest.raises(ConfigError, match="--size is a multiple of 128, not 64"):
        cvg.train(shards, tmp_path / "new", TrainOptions(recipe="tiny", changes={"cvg.downscale": 8}))
    khp.train(shards, tmp_path / "new", TrainOptions(recipe="tiny", steps=1))
    with pytest.raises(ConfigError, match="--size is a multiple of 128, not 64"):
        cvg.train(shards, tmp_path / "new", TrainOptions(changes={"cvg.downscale": 8}))


def test_a_number_that_is_none_in_a_recording_is_found(shards: Path, tmp_path: Path) -> None:
    copy = tmp_path / "shards"
    shutil.copytree(shards, copy)
    with h5py.File(copy / "train/theremin/a.h5", "r+") as file:
        file["cqt"][:, 300:310] = float("nan")
    write_manifest(copy)
    with pytest.raises(ShardError, match=r"theremin/a\.h5 is damaged \(its cqt cannot be right\)"):
        khp.train(copy, tmp_path / "run", TrainOptions(recipe="tiny"))
