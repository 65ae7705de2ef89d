"""The three trainings, at their smallest, on shards made without footage."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from apvg_core.config_json import with_changes
from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError, RunError, ShardError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.files import sha256_of
from apvg_core.generation.render import render
from apvg_core.recipes import TINY
from apvg_core.run import read_run, untrained, write_run
from apvg_core.runtime import devices as runtime
from apvg_core.runtime.load import load_networks
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training import perception
from apvg_core.training import trainer as recorder
from apvg_core.training.checkpoint import best_path, newest_checkpoint, read_checkpoint, step_paths
from apvg_core.training.logbook import Logbook
from apvg_core.training.predictions import Predictions
from apvg_core.training.setup import TrainOptions
from apvg_core.training.stages import train_all
from tests.conftest import melody, write_shard
from tests.synth import write_wav

TRAIN = {"khp": khp.train, "cvg": cvg.train, "stu": stu.train}


def fresh(half_run: Path, tmp_path: Path, stage: str, name: str) -> Path:
    """A run to train a stage in."""
    run = tmp_path / name
    if stage == "stu":
        shutil.copytree(half_run, run)
    return run


def held_out(run: Path, stage: str) -> list[dict[str, float]]:
    lines = (run / "logs" / stage / "metrics.jsonl").read_text().splitlines()
    return [line["held_out"] for line in map(json.loads, lines) if "held_out" in line]


def losses(run: Path, stage: str) -> list[dict[str, float]]:
    lines = (run / "logs" / stage / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "held_out" not in line]


@pytest.mark.parametrize("stage", ["khp", "cvg", "stu"])
def test_stopped_anywhere_and_resumed_gives_the_same_weights(
    shards: Path, half_run: Path, tmp_path: Path, stage: str
) -> None:
    straight, broken = (fresh(half_run, tmp_path, stage, name) for name in ("straight", "broken"))
    changes = {f"{stage}.training.ema": 0.9, f"{stage}.training.examine_every": 4}
    # a GPU adds up in another order each time
    options = TrainOptions(recipe="tiny", steps=12, changes=changes, device="cpu")
    TRAIN[stage](shards, straight, options)

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        if task.startswith("train") and done == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        TRAIN[stage](shards, broken, options, interrupt)
    assert stage not in read_run(broken).stages
    TRAIN[stage](shards, broken, TrainOptions(resume="last", device="cpu"))
    assert_the_same(straight, broken, stage)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_whoever_answers_a_signal_has_the_last_word(
    shards: Path, tmp_path: Path, number: signal.Signals
) -> None:
    answered: list[int] = []
    kept = signal.signal(number, lambda number, _: answered.append(number))

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        if done == 3:  # the last step: the stage is kept, and nothing else begun
            os.kill(os.getpid(), number)

    try:
        with pytest.raises(KeyboardInterrupt):
            khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny", steps=3), interrupt)
    finally:
        signal.signal(number, kept)
    assert answered == [number]
    assert "khp" in read_run(tmp_path / "run").stages


def test_nohup_is_obeyed(shards: Path, tmp_path: Path) -> None:
    kept = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def hang_up(task: str, done: float, total: float, /, **facts: float) -> None:
        os.kill(os.getpid(), signal.SIGHUP)

    try:
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny", steps=3), hang_up)
    finally:
        signal.signal(signal.SIGHUP, kept)


def assert_the_same(one: Path, other: Path, stage: str) -> None:
    """Bit for bit: weights, what both optimisers know, losses, examinations."""
    a, b = (load_file(run / stage / "model.safetensors") for run in (one, other))
    assert a.keys() == b.keys()
    for name, tensor in a.items():
        assert torch.equal(tensor, b[name]), name
    c, d = (newest_checkpoint(run, stage) for run in (one, other))
    assert c is not None
    assert d is not None
    assert c.tensors.keys() == d.tensors.keys()
    for name, tensor in c.tensors.items():
        assert torch.equal(tensor, d.tensors[name]), name
    assert c.best == d.best
    logs = [(run / "logs" / stage / "metrics.jsonl").read_text() for run in (one, other)]
    assert logs[0] == logs[1]


@pytest.mark.slow
@pytest.mark.parametrize("when", ["step_00000012.safetensors", "best.safetensors"])
def test_killed_and_resumed_gives_the_same_weights(
    shards: Path, half_run: Path, tmp_path: Path, when: str
) -> None:
    """SIGKILL, as soon as there is a certain file: nothing can be tidied up."""
    straight, broken = (fresh(half_run, tmp_path, "stu", name) for name in ("straight", "broken"))
    settings = [f"stu.training.{name}=6" for name in ("checkpoint_every", "examine_every")]
    command = ["train", shards, "--steps", 30, "--resume", "auto", *(f"--set={s}" for s in settings), "--run"]
    code = (
        "import sys, torch; torch.set_num_threads(1);"
        "from apvg_cli.app import run; sys.exit(run(sys.argv[1:]))"
    )
    for run in (straight, broken):  # what is there was trained for longer
        facts = {stage: {**read_run(run).stages[stage], "steps": 30} for stage in ("khp", "cvg")}
        changes = {f"{stage}.training.steps": 30 for stage in ("khp", "cvg")}
        write_run(
            run, replace(read_run(run), stages=facts, recipe=with_changes(read_run(run).recipe, changes))
        )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, [*command, broken])], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (broken / "state/stu" / when).exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert "stu" not in read_run(broken).stages
    for run in (straight, broken):
        subprocess.run([sys.executable, "-c", code, *map(str, [*command, run])], check=True)
    assert_the_same(straight, broken, "stu")


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
        examined = [look[term] for look in held_out(run, stage)]
        assert len(examined) == len(set(examined)) == training.steps // training.examine_every
        best = info.stages[stage]["best"]
        assert best["step"] % training.examine_every == 0
        paths = sorted(path.name for path in (run / "state" / stage).glob("*.safetensors"))
        last = [f"step_{training.steps - back:08d}.safetensors" for back in (training.checkpoint_every, 0)]
        assert paths == ["best.safetensors", *last]
        images = sorted((run / "logs" / stage / "samples").glob("*.png"))
        assert images[-1].name == f"step_{training.steps:06d}.png"
        assert cv2.imread(str(images[-1])).std() > 5  # something is to be seen


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
    with pytest.raises(
        RunError, match=r"loss of khp \(nan\).* not finite at step 25, on [ab] from frame \d+;"
    ):
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
    with pytest.raises(ConfigError, match="--steps 3 is less than the 6"):
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


@pytest.mark.slow
def test_a_run_of_two_performers(tmp_path: Path) -> None:
    for name, performer in (("a", "ann"), ("b", "bob")):
        write_shard(tmp_path, name=name, split="train", seconds=2, seed=0, performer=performer)
    write_shard(tmp_path, name="c", split="validation", seconds=1, seed=1, performer="bob")
    write_manifest(tmp_path)
    run = tmp_path / "run"
    for stage in TRAIN:
        TRAIN[stage](tmp_path, run, TrainOptions(recipe="tiny", steps=2))
    assert read_run(run).performers == ("ann", "bob")
    results = evaluate(tmp_path, [run], tmp_path / "results")  # of bob alone
    assert results.rows[0].frames == 10
    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    render(tmp_path / "song.wav", load_networks(run), tmp_path / "out.mp4", performer="bob")
    assert (tmp_path / "out.mp4").exists()


def test_a_damaged_checkpoint_is_one_sentence(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1))
    step_paths(run, "khp")[-1].write_bytes(b"hello")
    with pytest.raises(RunError, match=r"step_00000001.safetensors is damaged; delete it"):
        khp.train(shards, run, TrainOptions(resume="last"))


def test_the_best_weights_can_be_what_generates(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, losses_to_come = khp._examine, iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(khp, "_examine", lambda *a, **k: replace(real(*a, **k), loss=next(losses_to_come)))
    changes = {"khp.training.export": "best", "khp.training.examine_every": 5}
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=15, changes=changes))
    facts = read_run(tmp_path).stages["khp"]
    assert facts["best"] == {"step": 10, "loss": 1.0}
    assert facts["export"] == "best"
    best = read_checkpoint(best_path(tmp_path, "khp"))
    assert best.steps_done == 10
    weights = load_file(tmp_path / "khp/model.safetensors")
    assert all(torch.equal(tensor, best.tensors[f"network/{name}"]) for name, tensor in weights.items())


def test_the_moving_average_generates(shards: Path, tmp_path: Path) -> None:
    changes = {"khp.training.ema": 0.5}
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=3, changes=changes))
    checkpoint = newest_checkpoint(tmp_path, "khp")
    assert checkpoint is not None
    for name, tensor in load_file(tmp_path / "khp/model.safetensors").items():
        assert torch.equal(tensor, checkpoint.tensors[f"average/module.{name}"])
    assert not torch.equal(tensor, checkpoint.tensors[f"network/{name}"])


def test_all_stages_in_order_and_again_nothing(
    shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, seen = tmp_path / "run", []

    def watch(task: str, done: float, total: float, /, **facts: float) -> None:
        seen.append(task)
        assert ("later" in facts) == (task in ("train-khp", "train-cvg"))
        assert ("frames/s" in facts) == (task.startswith("train") and done > recorder.WARM_UP)
        if "frames/s" in facts:
            assert facts["frames/s"] > 0
            assert 0 <= facts["% waiting"] <= 100
        if task == "train-khp":
            later.append(facts["later"])

    later: list[float] = []
    steps = recorder.WARM_UP + 2
    with caplog.at_level("INFO"):
        train_all(shards, run, TrainOptions(recipe="tiny", steps=steps, device="cpu"), watch)
    took = [read_run(run).stages[stage]["seconds"] for stage in ("cvg", "stu")]
    assert 0.1 * sum(took) < later[0] < 3 * sum(took)
    assert "tiny: seed=0" not in caplog.text
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == (
        f"Stage 1 of 3: khp (sound → keypoints), {steps} steps on 6 seconds (2 recordings); "
        "held out: 2 seconds (1 recording)."
    )
    assert said[1].startswith("6 seconds to learn from is too little")
    assert [line.split()[:3] for line in said[2:]] == [
        ["khp", "is", "trained:"], ["Stage", "2", "of"], ["cvg", "is", "trained:"], ["Stage", "3", "of"],
        ["stu", "is", "trained:"],
    ]  # fmt: skip
    held_out = read_run(run).stages["khp"]["held_out"]
    assert f"held-out loss {held_out['loss']:.3g}, that of mean keypoints {held_out['deaf']:.3g}" in said[2]
    assert [task for task in dict.fromkeys(seen) if task.startswith("train")] == [
        "train-khp", "train-cvg", "train-stu"
    ]  # fmt: skip
    before = (run / "stu/model.safetensors").stat().st_mtime_ns
    seen.clear()
    train_all(shards, run, TrainOptions(steps=steps, resume="auto"), watch)
    assert seen == []
    assert (run / "stu/model.safetensors").stat().st_mtime_ns == before
    with caplog.at_level("DEBUG", logger="apvg_core"):
        train_all(shards, run, TrainOptions(steps=steps + 1, resume="last", device="cpu"))
    assert {facts["steps"] for facts in read_run(run).stages.values()} == {steps + 1}
    assert 'tiny: seed=0 device="cpu"' in caplog.text
    assert f"khp.training.steps={steps + 1} khp.training.batch=4" in caplog.text
    assert "khp.audio.channels=[16,16,16]" in caplog.text  # as --set takes it
    with pytest.raises(RunError, match="already holds khp"):
        train_all(shards, run, TrainOptions(steps=3))


def test_what_hears_nothing_is_the_mean_of_the_footage(run: Path, shards: Path) -> None:
    """By hand: the mean frame's L1 on the sequences that cvg is examined by."""
    info = read_run(run)
    frames = []
    for name in ("a", "b"):
        with Shard(shards / f"train/theremin/{name}.h5") as shard:
            frames.append(shard.frames(0, len(shard)))
    mean = np.concatenate(frames).mean(0).round() / 255
    with Shard(shards / "validation/theremin/c.h5") as shard:  # 20 frames: every sequence is all of it
        real = shard.frames(0, len(shard)) / 255
    small = [x.reshape(*x.shape[:-3], 32, 2, 32, 2, 3).mean((-4, -2)) for x in (mean, real)]
    assert info.stages["cvg"]["held_out"]["deaf"] == pytest.approx(
        np.abs(small[0] - small[1]).mean(), rel=1e-3
    )
    for facts in info.stages.values():
        assert facts["footage"] == {
            "recordings": 2, "seconds": 6.0, "held_out_recordings": 1, "held_out_seconds": 2.0
        }  # fmt: skip
    assert info.stages["khp"]["held_out"]["loss"] < info.stages["khp"]["held_out"]["deaf"]


def test_which_stages_are_left(run: Path, half_run: Path, shards: Path, tmp_path: Path) -> None:
    assert untrained(run, read_run(run)) == ()
    assert untrained(half_run, read_run(half_run)) == ("stu",)
    again = tmp_path / "again"
    shutil.copytree(run, again)
    khp.train(shards, again, TrainOptions(steps=TINY.khp.training.steps + 1, resume="last"))
    assert untrained(again, read_run(again)) == ("stu",)  # it was trained on other keypoints
    shutil.rmtree(again / "state")  # as it is sent
    assert untrained(again, read_run(again)) == ()


def test_vgg_is_only_missed_by_what_is_about_to_learn_from_it(
    half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, wants = tmp_path / "new", {"stu.perceptual_blocks": 1}
    assert perception.lacks_vgg(new, ["khp", "cvg", "stu"], TrainOptions())
    assert not perception.lacks_vgg(new, ["khp"], TrainOptions())
    assert not perception.lacks_vgg(new, ["cvg"], TrainOptions())
    assert perception.lacks_vgg(new, ["cvg"], TrainOptions(recipe="paper"))
    assert not perception.lacks_vgg(new, ["stu"], TrainOptions(recipe="tiny"))
    assert not perception.lacks_vgg(new, ["stu"], TrainOptions(vgg_weights=tmp_path))
    assert not perception.lacks_vgg(half_run, ["khp", "cvg", "stu"], TrainOptions())
    assert perception.lacks_vgg(half_run, ["khp", "cvg", "stu"], TrainOptions(changes=wants))
    monkeypatch.setattr(perception, "cached_path", lambda: Path(__file__))
    assert not perception.lacks_vgg(new, ["stu"], TrainOptions())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "stages"),
    [
        ("without-khp", ["cvg", "stu"]),
        ("without-cvg", ["khp", "stu"]),
        ("without-stu", ["khp", "cvg", "stu"]),
    ],
)
def test_a_row_of_table_1_goes_all_the_way(
    shards: Path, tmp_path: Path, variant: str, stages: list[str]
) -> None:
    run = tmp_path / "run"
    train_all(shards, run, TrainOptions(recipe=f"tiny+{variant}", steps=2))
    assert list(read_run(run).stages) == stages
    for stage in set(TRAIN) - set(stages):
        with pytest.raises(ConfigError, match=f"{variant} does without {stage}; it is trained by train-"):
            TRAIN[stage](shards, run, TrainOptions())
    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    render(tmp_path / "song.wav", load_networks(run), tmp_path / "out.mp4")
    row = evaluate(shards, [run], tmp_path / "results").rows[0]
    assert ("keypoint_distance" in row.scores) == ("khp" in stages)
    assert row.scores["psnr"].value > 5


def test_rows_share_what_they_have_in_common(shards: Path, half_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_all(
        shards,
        run,
        TrainOptions(recipe="tiny+without-gcn", reuse=half_run, changes={"stu.training.steps": 1}),
    )
    info = read_run(run)
    assert info.recipe.name == "tiny+without-gcn"
    for stage in ("khp", "cvg"):
        assert info.stages[stage]["taken_over_from"] == "half"
        ours, theirs = (load_file(folder / stage / "model.safetensors") for folder in (run, half_run))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert "taken_over_from" not in info.stages["stu"]

    other = tmp_path / "other"  # other settings: trained, not taken over
    khp.train(shards, other, TrainOptions(recipe="tiny+avg", steps=1, reuse=half_run))
    assert "taken_over_from" not in read_run(other).stages["khp"]


def test_settings_can_be_changed_until_a_stage_is_begun(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1, changes={"khp.hidden": 24}))
    assert read_run(run).recipe.khp.hidden == 24
    assert load_file(run / "khp/model.safetensors")["head.weight"].shape == (120, 24)
    with pytest.raises(ConfigError, match="begun with other settings of khp"):
        khp.train(shards, run, TrainOptions(resume="last", changes={"khp.hidden": 16}))
    cvg.train(shards, run, TrainOptions(steps=1, changes={"cvg.hidden": 8}))
    assert read_run(run).recipe.cvg.hidden == 8
    copy = tmp_path / "copy"
    khp.train(shards, copy, TrainOptions(config=run / "run.json"))
    assert read_run(copy).recipe == read_run(run).recipe
    with pytest.raises(ConfigError, match="--recipe and --config"):
        khp.train(shards, tmp_path / "third", TrainOptions(config=run / "run.json", recipe="tiny"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("hello", "is not JSON"), ("[1]", "holds no recipe"), ('{"a": 1}', "Unknown setting a")],
)
def test_a_config_that_is_none(shards: Path, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=rf"--config .*config.json.*{sentence}"):
        khp.train(shards, tmp_path / "run", TrainOptions(config=tmp_path / "config.json"))
    with pytest.raises(ConfigError, match=r"--config .*missing.json cannot be read"):
        khp.train(shards, tmp_path / "run", TrainOptions(config=tmp_path / "missing.json"))


def test_going_on_keeps_the_precision(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where "auto" would by now be another one."""
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=1, precision="fp32"))
    assert read_run(tmp_path).stages["khp"]["precision"] == "fp32"
    monkeypatch.setattr(runtime, "_cpu_has_bf16", lambda: True)
    with pytest.raises(ConfigError, match="begun with --precision fp32"):
        khp.train(shards, tmp_path, TrainOptions(steps=2, resume="last", precision="bf16"))
    khp.train(shards, tmp_path, TrainOptions(steps=2, resume="last"))
    assert read_run(tmp_path).stages["khp"]["precision"] == "fp32"


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


def test_a_number_that_is_none_in_a_recording_is_found(shards: Path, tmp_path: Path) -> None:
    copy = tmp_path / "shards"
    shutil.copytree(shards, copy)
    with h5py.File(copy / "train/theremin/a.h5", "r+") as file:
        file["cqt"][:, 300:310] = float("nan")
    write_manifest(copy)
    with pytest.raises(ShardError, match=r"theremin/a\.h5 is damaged \(its cqt cannot be right\)"):
        khp.train(copy, tmp_path / "run", TrainOptions(recipe="tiny"))


def test_what_was_trained_on_other_keypoints_is_trained_afresh(
    shards: Path, half_run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    stu.train(shards, run, TrainOptions(steps=2, changes={"stu.ground_truth_keypoints": 0.0}))
    khp.train(shards, run, TrainOptions(steps=TINY.khp.training.steps + 1, resume="last"))
    assert "was trained on the earlier khp" in caplog.text
    with pytest.raises(RunError, match=r"khp or cvg of .* trained on since stu was begun"):
        stu.train(shards, run, TrainOptions(resume="last"))
    before = load_file(run / "stu/model.safetensors")
    train_all(shards, run, TrainOptions(resume="auto"))
    after = load_file(run / "stu/model.safetensors")
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert read_run(run).stages["stu"]["inputs"]["khp"] == sha256_of(run / "khp/model.safetensors")


def test_only_what_is_the_same_is_taken_over(shards: Path, half_run: Path, tmp_path: Path) -> None:
    for name, options in (("steps", TrainOptions(steps=1)), ("seed", TrainOptions(seed=7))):
        options = replace(options, recipe="tiny", reuse=half_run)
        changes = {"khp.training.steps": 1} if name == "seed" else {}
        other = half_run if name == "steps" else tmp_path / "steps"
        khp.train(shards, tmp_path / name, replace(options, reuse=other, changes=changes))
        assert "taken_over_from" not in read_run(tmp_path / name).stages["khp"]
    changes = {"khp.training.steps": TINY.khp.training.steps}
    khp.train(shards, tmp_path / "two", TrainOptions(recipe="tiny", changes=changes, reuse=half_run))
    assert "taken_over_from" in read_run(tmp_path / "two").stages["khp"]
    with pytest.raises(RunError, match=r"holds khp but no checkpoint .*--resume auto leaves it"):
        khp.train(shards, tmp_path / "two", TrainOptions(resume="last"))
    khp.train(shards, tmp_path / "two", TrainOptions(resume="auto", steps=2))  # trained after all
    assert read_run(tmp_path / "two").stages["khp"]["steps"] == 2
    assert "taken_over_from" not in read_run(tmp_path / "two").stages["khp"]


def test_killed_while_a_stage_is_taken_over(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, options = tmp_path / "run", TrainOptions(recipe="tiny", reuse=half_run, resume="auto")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            khp.train(shards, run, options)
    khp.train(shards, run, options)
    assert read_run(run).stages["khp"]["taken_over_from"] == "half"


def test_a_stage_that_was_deleted_can_be_trained_anew(shards: Path, half_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    shutil.rmtree(run / "khp")
    shutil.rmtree(run / "state/khp")
    khp.train(shards, run, TrainOptions(steps=3, changes={"khp.hidden": 8}, resume="auto"))
    assert read_run(run).recipe.khp.hidden == 8


def test_what_is_trained_is_still_checked_against_what_is_asked(shards: Path, half_run: Path) -> None:
    for options, sentence in (
        (TrainOptions(changes={"khp.hidden": 99}), "begun with other settings of khp"),
        (TrainOptions(changes={"cvg.hidden": 99}), "begun with other settings of cvg"),
        (TrainOptions(seed=5), "begun with --seed 0"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            khp.train(shards, half_run, replace(options, resume="auto"))


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


def test_how_often_it_is_examined_and_what_is_exported_can_change(shards: Path, tmp_path: Path) -> None:
    changes = {"khp.training.examine_every": 2}
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=4, changes=changes))
    seconds = read_run(tmp_path).stages["khp"]["seconds"]
    changes = {"khp.training.export": "best", "khp.training.examine_every": 1}
    khp.train(shards, tmp_path, TrainOptions(resume="auto", changes=changes))
    facts = read_run(tmp_path).stages["khp"]
    assert (facts["export"], facts["seconds"]) == ("best", seconds)


def test_a_kill_right_after_resuming_forgets_no_losses(shards: Path, tmp_path: Path) -> None:
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=10))
    before = (tmp_path / "logs/khp/metrics.jsonl").read_text()
    Logbook(tmp_path / "logs/khp", 10).close()  # and nothing more
    assert (tmp_path / "logs/khp/metrics.jsonl").read_text() == before != ""


def test_what_was_begun_without_vgg_goes_on_without(
    shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    stu.train(shards, run, TrainOptions(steps=1, changes={"stu.perceptual_blocks": 1}))
    monkeypatch.setattr(perception, "find_weights", lambda _: pytest.fail("it was begun with pixels"))
    stu.train(shards, run, TrainOptions(steps=2, resume="last"))
    assert read_run(run).stages["stu"]["perceptual"] == "pixels"


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_stu_is_shown_the_keypoints_of_the_footage_as_often_as_told(
    share: float, shards: Path, half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is always shown these, it makes no difference what KHP predicts."""
    changes = {"stu.training.steps": 2, "stu.ground_truth_keypoints": share}
    options = TrainOptions(resume="auto", changes=changes, device="cpu")
    runs = [fresh(half_run, tmp_path, "stu", name) for name in ("as-predicted", "predicted-elsewhere")]
    stu.train(shards, runs[0], options)
    predicted = Predictions.of
    monkeypatch.setattr(
        Predictions, "of", lambda self, batch: (lambda c, k: (c, k + 0.1))(*predicted(self, batch))
    )
    stu.train(shards, runs[1], options)
    a, b = ([line["pixel"] for line in losses(run, "stu")] for run in runs)
    assert (a == b) is (share == 1.0)
