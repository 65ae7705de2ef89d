"""Training of KHP."""

import shutil
from pathlib import Path

import h5py
import torch
from safetensors.torch import load_file

from apvg_core.data.manifest import write_manifest
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions


def test_missed_joints_carry_no_loss(shards: Path, tmp_path: Path) -> None:
    """The right ankle (10) is never seen: whatever is said of it, the training is the same."""
    copy = tmp_path / "shards"
    shutil.copytree(shards, copy)
    for path in copy.rglob("*.h5"):
        with h5py.File(path, "r+") as file:
            keypoints = file["keypoints"][:]
            keypoints[:, 10] = 0.9
            file["keypoints"][:] = keypoints
    write_manifest(copy)
    for folder, name in ((shards, "one"), (copy, "other")):
        khp.train(folder, tmp_path / name, TrainOptions(recipe="tiny+baseline", steps=3))
    a, b = (load_file(tmp_path / name / "khp/model.safetensors") for name in ("one", "other"))
    assert all(torch.equal(a[key], b[key]) for key in a)


def test_masks_are_drawn_alike_each_time_and_change_what_is_learned(shards: Path, tmp_path: Path) -> None:
    for name, mask in (("plain", 0.0), ("masked", 0.5), ("again", 0.5)):
        options = TrainOptions(recipe="tiny+baseline", steps=2, changes={"khp.mask": mask})
        khp.train(shards, tmp_path / name, options)
    plain, masked, again = (
        load_file(tmp_path / name / "khp/model.safetensors") for name in ("plain", "masked", "again")
    )
    assert all(torch.equal(masked[key], again[key]) for key in masked)
    assert any(not torch.equal(plain[key], masked[key]) for key in masked)
