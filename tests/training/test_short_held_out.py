"""A forgotten clip of a few frames is what is held out: the trainings end well."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.data.manifest import write_manifest
from apvg_core.run import is_trained, read_run
from apvg_core.training.options import TrainOptions
from apvg_core.training.samples import draw_strip
from apvg_core.training.stages import train_all
from tests.conftest import FPS, write_shard


@pytest.mark.parametrize("length", [1, 5, 8, 11])
def test_a_strip_shows_the_first_sequence_and_no_more(length: int) -> None:
    """Of two sequences; rows of unlike lengths ended the last stage."""
    frames = torch.zeros(2, length, 3, 64, 64)
    frames[1] = 1  # the second sequence
    image = draw_strip(
        frames.flatten(0, 1), frames[:, :, :, ::4, ::4], torch.zeros(2, length, 60, 2), frames.flatten(0, 1)
    )
    assert image.shape == (4 * 192, 192 * min(8, length), 3)
    assert not image[:192].any()


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
