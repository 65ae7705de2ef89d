"""A full disk in training: a sentence says which file it is, and what is whole stays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.errors import RunError
from apvg_core.run.arrays import write_tensors
from apvg_core.run.info import write_run
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions
from apvg_core.training.predictions import _Array
from tests.files.limits import files_limited_to
from tests.test_hostile_runs import INFO


def test_a_full_disk_names_the_runs_files(tmp_path: Path) -> None:
    write_run(tmp_path, INFO)
    before = (tmp_path / "run.json").read_text()
    with files_limited_to(300):
        with pytest.raises(RunError, match=r"run\.json cannot be written \(File too large\)"):
            write_run(tmp_path, replace(INFO, instrument="violin"))
        with pytest.raises(RunError, match=r"x\.safetensors cannot be written"):
            write_tensors(tmp_path / "x.safetensors", {"x": torch.zeros(1000)})
        array = _Array("coarse", tmp_path / "a.npy", np.uint8, (1000,))
        with pytest.raises(OSError, match="File too large"):
            array.create()
    assert (tmp_path / "run.json").read_text() == before
    assert not list(tmp_path.glob("*.part"))


def test_a_disk_full_ends_a_training_in_a_sentence(shards: Path, tmp_path: Path) -> None:
    options = TrainOptions(recipe="tiny", steps=2)
    with files_limited_to(20_000), pytest.raises(RunError, match=r"cannot be written \(.*; make room"):
        khp.train(shards, tmp_path / "run", options)
    khp.train(shards, tmp_path / "run", replace(options, resume="auto"))
    assert not list(tmp_path.rglob("*.part"))
