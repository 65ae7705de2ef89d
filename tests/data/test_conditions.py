"""Conditions: averages, references and plates of performers."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from apvg_core.data import conditions as conditions_module
from apvg_core.data.conditions import measure_conditions
from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.selection import filmed, select
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError
from apvg_core.training.options import TrainOptions
from apvg_core.training.setup import prepare
from tests.conftest import FPS, SIZE, write_shard


def test_conditions_are_the_average_and_a_real_frame(shards: Path) -> None:
    entries = select(read_manifest(shards), split="train")
    conditions = measure_conditions(shards, entries, ["p1"])
    opened = [Shard(shards / entry.path) for entry in entries]
    keypoints = np.concatenate([shard.keypoints for shard in opened])
    np.testing.assert_allclose(conditions.average[0], keypoints.mean(0), atol=1e-5)
    frames = np.concatenate([shard.frames(0, len(shard)) for shard in opened])
    distances = np.abs(frames.astype(int) - conditions.reference[0]).max((1, 2, 3))
    np.testing.assert_array_equal(conditions.reference_keypoints[0], keypoints[distances.argmin()])
    index = int(distances.argmin())
    assert distances[index] == 0
    errors = np.abs(keypoints - keypoints.mean(0)).mean((1, 2))
    assert errors[index] == pytest.approx(errors.min(), abs=1e-6)
    np.testing.assert_array_equal(conditions.plate[0], np.median(frames, axis=0).astype(np.uint8))


def test_the_reference_is_chosen_by_one_measure_over_all_recordings(tmp_path: Path) -> None:
    """By hand: b's first frame is nearest to the average by its ten joints, but most frames show sixty.

    Among b's own frames it would hide nothing; a's second frame is the one.
    """
    places = {"a": [0.40, 0.48, 0.60], "b": [0.58, 0.90]}
    for name, heights in places.items():
        path = write_shard(tmp_path, name=name, split="train", seconds=len(heights) / FPS, seed=ord(name))
        with h5py.File(path, "r+") as file:
            file["keypoints"][:] = np.array(heights, np.float32)[:, None, None]
            file["confidence"][:] = 1
            file["imputed"][:] = False
            if name == "b":
                file["confidence"][:, 10:] = 0
    write_manifest(tmp_path)
    conditions = measure_conditions(tmp_path, select(read_manifest(tmp_path), split="train"), ["p1"])
    assert conditions.average[0, 20, 0] == pytest.approx(1.48 / 3)
    assert conditions.average[0, 0, 0] == pytest.approx(2.96 / 5)
    np.testing.assert_allclose(conditions.reference_keypoints[0], 0.48)


def test_a_plate_is_of_frames_from_all_over(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 60 frames every ninth, across the recordings: 7 at most."""
    monkeypatch.setattr(conditions_module, "SPREAD", 7)
    entries = select(read_manifest(shards), split="train")
    frames = np.concatenate([Shard(shards / entry.path).frames(0, entry.frames) for entry in entries])
    plate = measure_conditions(shards, entries, ["p1"]).plate
    assert plate is not None
    np.testing.assert_array_equal(plate[0], np.median(frames[4::9], axis=0).astype(np.uint8))


def test_what_was_played_unfilmed_is_for_keypoints_alone(shards: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    shutil.copytree(shards, folder)
    rehearsal = write_shard(folder, name="d", split="train", seconds=3, seed=3, has_images=False)
    write_manifest(folder)
    with Shard(rehearsal) as shard:
        assert (shard.frames(0, 2) == np.full((2, SIZE, SIZE, 3), 128)).all()
    for stage, names in (("khp", "abd"), ("cvg", "ab")):
        task = prepare(folder, tmp_path / "run", stage, TrainOptions(recipe="tiny"))
        assert task is not None
        assert [entry.id for entry in task.entries] == list(names)
    films = filmed(select(read_manifest(shards), split="train"))
    expected = measure_conditions(shards, films, ["p1"])
    for name, value in vars(expected).items():
        np.testing.assert_array_equal(getattr(task.conditions, name), value)

    for name in "ab":
        next(folder.glob(f"*/*/{name}.h5")).unlink()
    write_manifest(folder)
    with pytest.raises(ShardError, match="holds no pictures of p1; begin a run with shards of films"):
        prepare(folder, tmp_path / "other", "khp", TrainOptions(recipe="tiny"))
