"""A forgotten clip of a few frames is what is held out: the trainings end well."""

from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import write_manifest
from apvg_core.run.info import is_trained, read_run
from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import train_all
from tests.conftest import FPS, write_shard


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["tiny", "fast"])
@pytest.mark.parametrize("frames", [1, 5])
def test_all_stages_are_trained(tmp_path: Path, recipe: str, frames: int) -> None:
    shards, run = tmp_path / "shards", tmp_path / "run"
    write_shard(shards, name="a", split="train", seconds=12, seed=0)
    write_shard(shards, name="b", split="validation", seconds=frames / FPS, seed=1)
    write_manifest(shards)
    train_all(shards, run, TrainOptions(recipe=recipe, steps=2))
    info = read_run(run)
    assert all(is_trained(run, info, stage) for stage in ("khp", "cvg", "stu"))
    assert all(np.isfinite(info.stages[stage]["best"]["loss"]) for stage in ("khp", "cvg", "stu"))
