"""The three trainings, at their smallest, on shards made without footage."""

import json
import os
import shutil
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from apvg_core.data.manifest import write_manifest
from apvg_core.errors import ConfigError, RunError, ShardError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.generation.pipeline import generate
from apvg_core.recipes import TINY
from apvg_core.run import read_run
from apvg_core.training import cvg, khp, stu
from apvg_core.training.checkpoint import newest_checkpoint, step_paths
from apvg_core.training.task import TrainOptions
from tests.conftest import melody, write_shard
from tests.synth import write_wav

TRAIN = {"khp": khp.train, "cvg": cvg.train, "stu": stu.train}


def fresh(half_run: Path, tmp_path: Path, stage: str, name: str) -> Path:
    """A run to train a stage in."""
    run = tmp_path / name
    if stage == "stu":
        shutil.copytree(half_run, run)
    return run


def losses(run: Path, stage: str) -> list[dict[str, float]]:
    lines = (run / "logs" / stage / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "held_out" not in line]


@pytest.mark.parametrize("stage", ["khp", "cvg", "stu"])
def test_stopped_anywhere_and_resumed_gives_the_same_weights(
    shards: Path, half_run: Path, tmp_path: Path, stage: str
) -> None:
    straight, broken = (fresh(half_run, tmp_path, stage, name) for name in ("straight", "broken"))
    TRAIN[stage](shards, straight, TrainOptions(recipe="tiny", steps=12))

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        if task.startswith("train") and done == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        TRAIN[stage](shards, broken, TrainOptions(recipe="tiny", steps=12), interrupt)
    assert stage not in read_run(broken).stages
    TRAIN[stage](shards, broken, TrainOptions(steps=12, resume="last"))

    a, b = (load_file(run / stage / "model.safetensors") for run in (straight, broken))
    assert a.keys() == b.keys()
    for name, tensor in a.items():
        assert torch.equal(tensor, b[name]), name
    assert losses(straight, stage) == losses(broken, stage)


def test_each_stage_learns_and_leaves_what_it_should(run: Path) -> None:
    info = read_run(run)
    assert (info.instrument, info.performers, info.fps, info.size) == ("theremin", ("p1",), 10.0, 64)
    assert set(info.data) == {"a", "b"}
    assert info.stages["stu"]["perceptual"] == "pixels"
    for stage, term in (("khp", "coordinates"), ("cvg", "coarse"), ("stu", "pixel")):
        training = getattr(TINY, stage).training
        assert info.stages[stage]["steps"] == training.steps
        history = [line[term] for line in losses(run, stage)]
        assert np.mean(history[-2:]) < 0.7 * np.mean(history[:2]), (stage, history)
        assert (run / stage / "config.json").is_file()
        assert list((run / "logs" / stage).glob("events.out.tfevents.*"))
        pictures = sorted((run / "logs" / stage / "samples").glob("*.png"))
        assert pictures[-1].name == f"step_{training.steps:06d}.png"
        assert cv2.imread(str(pictures[-1])).std() > 5  # something is to be seen


def test_stu_says_which_stage_it_misses(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1))
    with pytest.raises(RunError, match="lacks the stage cvg; train it with 'apvg train-cvg"):
        stu.train(shards, run, TrainOptions())


def test_nothing_already_done_is_lost(shards: Path, half_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="already holds khp; go on with --resume"):
        khp.train(shards, half_run, TrainOptions())


def test_a_run_keeps_to_what_it_was_made_for(shards: Path, half_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="made with --recipe tiny"):
        khp.train(shards, half_run, TrainOptions(recipe="fast"))
    with pytest.raises(ConfigError, match="a run for theremin"):
        khp.train(shards, half_run, TrainOptions(instrument="violin"))
    with pytest.raises(ConfigError, match="made for p1"):
        khp.train(shards, half_run, TrainOptions(performers=("p2",)))
    write_shard(tmp_path, name="a", split="train", seconds=3, seed=0, fps=25.0)
    write_manifest(tmp_path)
    with pytest.raises(ShardError, match=r"has --fps 25 where 10 is wanted"):
        stu.train(tmp_path, half_run, TrainOptions())


def test_recipe_paper_wants_its_own_cqt(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="apvg extract --cqt clip"):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="paper"))
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_not_finite_stops_and_the_last_checkpoint_stands(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, real = tmp_path / "run", khp.coordinate_loss
    calls = iter(range(100))
    monkeypatch.setattr(
        khp, "coordinate_loss", lambda *a: real(*a) * (float("nan") if next(calls) == 25 else 1.0)
    )
    with pytest.raises(RunError, match=r"loss of khp \(nan\).* not finite at step 25"):
        khp.train(shards, run, TrainOptions(recipe="tiny"))
    checkpoint = newest_checkpoint(run, "khp")
    assert checkpoint is not None
    assert checkpoint.steps_done == 20
    assert all(tensor.isfinite().all() for tensor in checkpoint.tensors.values())


def test_going_on_keeps_to_what_was_begun(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        khp.train(shards, run, TrainOptions(recipe="tiny", steps=12, seed=3), interrupt)
    with pytest.raises(ConfigError, match="begun with --seed 3"):
        khp.train(shards, run, TrainOptions(resume="last", seed=4))
    with pytest.raises(ConfigError, match="--steps 3 is less than the 5"):
        khp.train(shards, run, TrainOptions(resume="last", steps=3))
    khp.train(shards, run, TrainOptions(resume="last"))
    facts = read_run(run).stages["khp"]
    assert (facts["steps"], facts["seed"]) == (12, 3)


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
    with pytest.raises(ShardError, match="shorter than"):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="fast"))
    assert not (tmp_path / "run").exists()


def test_a_run_of_two_performers(tmp_path: Path) -> None:
    for name, performer in (("a", "ann"), ("b", "bob")):
        write_shard(tmp_path, name=name, split="train", seconds=2, seed=0, performer=performer)
    write_shard(tmp_path, name="c", split="validation", seconds=1, seed=1, performer="bob")
    write_manifest(tmp_path)
    run = tmp_path / "run"
    for stage in TRAIN:
        TRAIN[stage](tmp_path, run, TrainOptions(recipe="tiny", steps=2))
    assert read_run(run).performers == ("ann", "bob")
    results = evaluate(tmp_path, run, tmp_path / "results")  # of bob alone
    assert results.rows[0].frames == 10
    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    generate(tmp_path / "song.wav", run, tmp_path / "out.mp4", performer="bob")
    assert (tmp_path / "out.mp4").exists()


def test_a_damaged_checkpoint_is_one_sentence(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1))
    step_paths(run, "khp")[-1].write_bytes(b"hello")
    with pytest.raises(RunError, match=r"step_00000001.safetensors is damaged; delete it"):
        khp.train(shards, run, TrainOptions(resume="last"))
