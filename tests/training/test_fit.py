"""Trainings of all stages, on shards made without footage: stopped, resumed, killed."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from apvg_core.config_json import with_changes
from apvg_core.recipes import TINY
from apvg_core.run.info import read_run, write_run
from apvg_core.stages.settings import TrainingConfig
from apvg_core.training.fit import learning_rate
from apvg_core.training.options import TrainOptions
from tests.training.helpers import TRAIN, assert_the_same, fresh, held_out, losses


@pytest.mark.parametrize("stage", ["khp", "cvg", "stu"])
def test_stopped_anywhere_and_resumed_gives_the_same_weights(
    shards: Path, half_run: Path, tmp_path: Path, stage: str
) -> None:
    straight, broken = (fresh(half_run, tmp_path, stage, name) for name in ("straight", "broken"))
    changes = {f"{stage}.training.ema": 0.9, f"{stage}.training.validate_every": 4}
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


@pytest.mark.slow
@pytest.mark.parametrize("when", ["step_00000012.safetensors", "best.safetensors"])
def test_killed_and_resumed_gives_the_same_weights(
    shards: Path, half_run: Path, tmp_path: Path, when: str
) -> None:
    """SIGKILL, as soon as there is a certain file: nothing can be tidied up."""
    straight, broken = (fresh(half_run, tmp_path, "stu", name) for name in ("straight", "broken"))
    settings = [f"stu.training.{name}=6" for name in ("checkpoint_every", "validate_every")]
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
        validated = [each[term] for each in held_out(run, stage)]
        assert len(validated) == len(set(validated)) == training.steps // training.validate_every
        best = info.stages[stage]["best"]
        assert best["step"] % training.validate_every == 0
        paths = sorted(path.name for path in (run / "state" / stage).glob("*.safetensors"))
        last = [f"step_{training.steps - back:08d}.safetensors" for back in (training.checkpoint_every, 0)]
        assert paths == ["best.safetensors", *last]
        images = sorted((run / "logs" / stage / "samples").glob("*.png"))
        assert images[-1].name == f"step_{training.steps:06d}.png"
        assert cv2.imread(str(images[-1])).std() > 5  # something is to be seen


def test_the_learning_rate_falls_geometrically() -> None:
    training = TrainingConfig(steps=5, batch=1, sequence=1, lr=16e-3, lr_end=1e-3)
    rates = [learning_rate(training, step) for step in range(6)]
    assert rates == pytest.approx([16e-3, 8e-3, 4e-3, 2e-3, 1e-3, 1e-3])
