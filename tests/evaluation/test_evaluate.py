import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.selection import select
from apvg_core.data.shards import Shard
from apvg_core.errors import ShardError
from apvg_core.evaluation.baselines import mean_frame, nearest_audio
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.metrics.pictures import psnr
from apvg_core.training import cvg, khp, stu
from apvg_core.training.task import TrainOptions
from tests.conftest import write_shard


def test_mean_frame_is_the_mean(shards: Path) -> None:
    training = select(read_manifest(shards), split="train")
    frames = []
    for entry in training:
        with Shard(shards / entry.path) as shard:
            frames.append(shard.frames(0, len(shard)))
    expected = np.concatenate(frames).mean(0)
    np.testing.assert_allclose(mean_frame(shards, training), expected, atol=0.51)


def test_nearest_audio_finds_a_training_window_again(shards: Path) -> None:
    training = select(read_manifest(shards), split="train")
    opened = [Shard(shards / entry.path) for entry in training]
    windows = opened[1].windows(3, 9)
    assert nearest_audio(opened, windows) == [(1, k) for k in range(3, 9)]


def test_results_stand_beside_both_baselines_and_can_be_recomputed(
    shards: Path, run: Path, tmp_path: Path
) -> None:
    results = evaluate(shards, run, tmp_path / "results")
    document = json.loads((tmp_path / "results" / "results.json").read_text())
    assert [row["name"] for row in document["rows"]] == ["whole", "mean frame", "nearest audio"]
    assert (document["split"], document["recipe"], list(document["shards"])) == ("validation", "tiny", ["c"])

    training = select(read_manifest(shards), split="train")
    average = mean_frame(shards, training)
    with Shard(shards / "validation/theremin/c.h5") as shard:
        frames = shard.frames(0, len(shard))
    expected = np.mean([psnr(frame, average) for frame in frames])
    assert document["rows"][1]["psnr"] == pytest.approx(expected)
    assert document["rows"][1]["frames"] == len(frames)
    for row in document["rows"]:
        assert row["recordings"]["c"]["psnr"] == pytest.approx(row["psnr"])
        assert 0 < row["keypoint_distance"] < 1

    ours, mean, _ = results.rows
    assert ours.keypoint_distance < mean.keypoint_distance  # it has learned something

    again = evaluate(shards, run, tmp_path / "again")
    assert again == results


def test_the_training_split_can_be_judged(shards: Path, run: Path, tmp_path: Path) -> None:
    results = evaluate(shards, run, tmp_path, split="train")
    assert sorted(results.rows[0].recordings) == ["a", "b"]
    nearest = results.rows[2]
    assert nearest.keypoint_distance == pytest.approx(0, abs=1e-6)  # finds each frame itself


def test_shards_without_a_validation_split(shards: Path, run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "shards"
    shutil.copytree(shards / "train", copy / "train")
    write_manifest(copy)
    with pytest.raises(ShardError, match="no validation recordings"):
        evaluate(copy, run, tmp_path / "results")


def test_shards_of_other_settings(run: Path, tmp_path: Path) -> None:
    write_shard(tmp_path, name="a", split="validation", seconds=1, seed=0, window_offset=0.25)
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match=r"has --window-offset 0.25 where 0 is wanted"):
        evaluate(tmp_path, run, tmp_path / "results")


def test_a_performer_without_training_recordings(tmp_path: Path) -> None:
    for name, split, performer in (("a", "train", "ann"), ("b", "train", "bob"), ("c", "validation", "bob")):
        write_shard(tmp_path, name=name, split=split, seconds=1.5, seed=0, performer=performer)
    write_manifest(tmp_path)
    run = tmp_path / "run"
    for train in (khp.train, cvg.train, stu.train):
        train(tmp_path, run, TrainOptions(recipe="tiny", steps=1))
    (tmp_path / "train/theremin/b.h5").unlink()
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match="no train recordings of bob"):
        evaluate(tmp_path, run, tmp_path / "results")
