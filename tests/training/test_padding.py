"""Sequences that a recording does not fill: what fills them up teaches nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from apvg_core.data import windows
from apvg_core.data.manifest import write_manifest
from apvg_core.training import predictions
from apvg_core.training.options import TrainOptions
from tests.conftest import FPS, write_shard
from tests.training.helpers import TRAIN, assert_the_same


def ruin(sequence: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """In place of `hold_last`: anything else."""
    missing = [(0, length - len(sequence)), *[(0, 0)] * (sequence.ndim - 1)]
    return np.pad(sequence, missing, constant_values=1)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["tiny", "tiny+ebdn", "tiny+vid2vid"])
def test_no_loss_sees_the_padding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: str) -> None:
    shards = tmp_path / "shards"
    for name, split, frames in (("a", "train", 3), ("b", "train", 12), ("c", "validation", 3)):
        write_shard(shards, name=name, split=split, seconds=frames / FPS, seed=ord(name))
    write_shard(shards, name="d", split="validation", seconds=1.2, seed=4)
    write_manifest(shards)
    stages = ["khp", "cvg", "stu"] if recipe == "tiny" else ["khp", "stu"]
    # batches that surely have both, and sequences longer than the shorter recording, whatever is before them
    changes: dict[str, Any] = {
        f"{stage}.training.{name}": value
        for stage in stages
        for name, value in (("batch", 6), ("sequence", 5))
    }
    for name in ("one", "other"):
        options = TrainOptions(recipe=recipe, steps=3, changes=changes, device="cpu")
        for stage in stages:
            TRAIN[stage](shards, tmp_path / name, options)
            options = TrainOptions(steps=3, device="cpu")
        monkeypatch.setattr(windows, "hold_last", ruin)
        monkeypatch.setattr(predictions, "hold_last", ruin)
    for stage in stages:
        assert_the_same(tmp_path / "one", tmp_path / "other", stage)
