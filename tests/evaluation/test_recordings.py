"""Recordings: which are scored, and which the baselines learn from."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import h5py
import numpy as np
import pytest

from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, MediaError, ShardError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.recordings import instrument_of
from apvg_core.run.info import SCHEMA_VERSION, read_run
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.options import TrainOptions
from apvg_core.units import SAMPLE_RATE
from tests.conftest import FPS, write_shard


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Footage with a held-out recording of three frames, and one of a second and a half."""
    root = tmp_path / "shards"
    write_shard(root, name="a", split="train", seconds=3, seed=0)
    write_shard(root, name="b", split="validation", seconds=0.3, seed=1)
    write_shard(root, name="c", split="validation", seconds=1.5, seed=2)
    write_manifest(root)
    return root


def test_a_clip_of_a_few_frames_is_left_out_with_a_word(
    two: Path, run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results = evaluate(two, [run], tmp_path / "out", jobs=1)
    assert list(results.shards) == ["c"]
    assert "b: less than 1 s, too little to judge by; it is left out." in caplog.text


@pytest.mark.parametrize("frames", [1, 3])
def test_where_it_is_all_there_is_it_is_judged(
    two: Path, run: Path, tmp_path: Path, frames: int, caplog: pytest.LogCaptureFixture
) -> None:
    (two / "validation/theremin/c.h5").unlink()
    write_shard(two, name="b", split="validation", seconds=frames / FPS, seed=1)
    write_manifest(two)
    results = evaluate(two, [run], tmp_path / "out", jobs=1)
    assert results.rows[0].frames == frames
    assert "b: less than 1 s, too little to judge by; it is all there is" in caplog.text


def test_films_tell_their_instrument(tmp_path: Path) -> None:
    videos = tmp_path / "films"
    videos.mkdir()
    for name, instrument in (("a", "saw"), ("b", "theremin")):
        write_shard(tmp_path, name=name, split="validation", seconds=0.5, seed=0, instrument=instrument)
    write_manifest(tmp_path)
    entries = read_manifest(tmp_path)
    with pytest.raises(MediaError, match=r"a.mp4 is missing; --videos needs one for each recording"):
        instrument_of(videos, entries, "validation")
    (videos / "b.mp4").touch()
    assert instrument_of(videos, entries, "validation") == "theremin"
    (videos / "a.mp4").touch()
    with pytest.raises(ConfigError, match="holds films of saw and theremin"):
        instrument_of(videos, entries, "validation")


def test_runs_that_do_not_fit_each_other(shards: Path, run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(run, other, ignore=shutil.ignore_patterns("state", "logs"))
    for change, what in (
        ({"fps": 12.0}, "fps"), ({"instrument": "saw"}, "instrument"), ({"size": 32}, "size"),
    ):  # fmt: skip
        document = json.loads((run / "run.json").read_text())
        (other / "run.json").write_text(json.dumps({**document, **change}))
        with pytest.raises(ConfigError, match=rf"differ in {what} .*; evaluate them apart"):
            evaluate(shards, [run, other], tmp_path / "results")
    document = {**asdict(read_run(run)), "schema_version": SCHEMA_VERSION, "performers": ["bob"]}
    (other / "run.json").write_text(json.dumps(document))
    with pytest.raises(ShardError, match="no validation recordings of theremin by bob"):
        evaluate(shards, [run, other], tmp_path / "results")


def test_shards_without_a_validation_split(shards: Path, run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "shards"
    shutil.copytree(shards / "train", copy / "train")
    write_manifest(copy)
    with pytest.raises(ShardError, match="no validation recordings"):
        evaluate(copy, [run], tmp_path / "results")


def test_shards_of_other_settings(run: Path, tmp_path: Path) -> None:
    write_shard(tmp_path, name="a", split="validation", seconds=1, seed=0, window_offset=0.25)
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match=r"has --window-offset 0.25 where 0 is needed"):
        evaluate(tmp_path, [run], tmp_path / "results")


def test_a_performer_without_training_recordings(tmp_path: Path) -> None:
    for name, split, performer in (("a", "train", "ann"), ("b", "train", "bob"), ("c", "validation", "bob")):
        write_shard(tmp_path, name=name, split=split, seconds=1.5, seed=0, performer=performer)
    write_manifest(tmp_path)
    run = tmp_path / "run"
    for train in (khp.train, cvg.train, stu.train):
        train(tmp_path, run, TrainOptions(recipe="tiny", steps=1))
    (tmp_path / "train/theremin/b.h5").unlink()
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match="no filmed train recordings of bob"):
        evaluate(tmp_path, [run], tmp_path / "results")


def test_sound_that_ends_early_is_silence_from_then_on(two: Path, run: Path, tmp_path: Path) -> None:
    path = two / "validation/theremin/c.h5"
    with Shard(path) as shard:
        whole = shard.audio()
    for samples in (SAMPLE_RATE // 2, 0):
        with h5py.File(path, "r+") as file:
            file["audio"].resize(samples, axis=0)
        with Shard(path) as shard:
            sound = shard.audio()
        assert len(sound) == len(whole)
        np.testing.assert_array_equal(sound[:samples], whole[:samples])
        assert not sound[samples:].any()
    write_manifest(two)
    results = evaluate(two, [run], tmp_path / "out", jobs=1)
    assert np.isfinite(results.rows[0].scores["psnr"].value)
