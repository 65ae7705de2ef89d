"""The baselines' training, at its smallest, in the STU's place of a run."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from apvg_core.errors import ConfigError, RunError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.generation.render import render
from apvg_core.recipes import TABLE_3
from apvg_core.run.info import read_run
from apvg_core.runtime.load import load_networks
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.options import TrainOptions
from tests.conftest import melody
from tests.synth import write_wav

STEPS = 8


@pytest.fixture(params=TABLE_3)
def recipe(request: pytest.FixtureRequest) -> str:
    return f"tiny+{request.param}"


def losses(run: Path) -> list[dict[str, float]]:
    lines = (run / "logs" / "stu" / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "held_out" not in line]


def begun(shards: Path, half_run: Path, run: Path, recipe: str) -> Path:
    """A run of a baseline's recipe with the KHP of `half_run`: what the rows of a table share."""
    khp.train(shards, run, TrainOptions(recipe=recipe, reuse=half_run))
    assert read_run(run).stages["khp"]["taken_over_from"] == half_run.name
    return run


def test_a_baseline_stopped_and_resumed_gives_the_same_weights(
    shards: Path, half_run: Path, tmp_path: Path, recipe: str
) -> None:
    straight, broken = (begun(shards, half_run, tmp_path / name, recipe) for name in ("straight", "broken"))
    options = TrainOptions(steps=STEPS, device="cpu")  # a GPU adds up in another order each time
    stu.train(shards, straight, options)

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        if task.startswith("train") and done == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        stu.train(shards, broken, options, interrupt)
    stu.train(shards, broken, replace(options, resume="last"))
    a, b = (load_file(run / "stu" / "model.safetensors") for run in (straight, broken))
    assert a.keys() == b.keys()
    for name, tensor in a.items():
        assert tensor.equal(b[name]), name
    assert losses(straight) == losses(broken)


@pytest.mark.slow
def test_a_baseline_learns_generates_and_is_scored(
    shards: Path, half_run: Path, tmp_path: Path, recipe: str
) -> None:
    run = begun(shards, half_run, tmp_path / "run", recipe)
    stu.train(shards, run, TrainOptions(steps=40, changes={"stu.training.lr": 1e-3}))
    info = read_run(run)
    assert (info.recipe.name, list(info.stages)) == (recipe, ["khp", "stu"])
    history = [line["pixel"] for line in losses(run)]
    assert history[-1] < 0.8 * history[0], history
    assert {*info.recipe.stu.weights, "discriminator"} == info.stages["stu"]["losses"].keys()
    assert sorted((run / "logs" / "stu" / "samples").glob("*.png"))

    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    render(tmp_path / "song.wav", load_networks(run), tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").exists()
    row = evaluate(shards, [run], tmp_path / "results").rows[0]
    assert (row.recipe, row.frames) == (recipe, 20)
    assert row.scores["psnr"].value > 10


def test_a_baseline_has_no_coarse_video_but_needs_keypoints(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no cvg; train it with train-khp and train-stu"):
        cvg.train(shards, tmp_path / "run", TrainOptions(recipe="tiny+ebdn"))
    with pytest.raises(RunError, match="is not a run"):
        stu.train(shards, tmp_path / "run", TrainOptions(recipe="tiny+ebdn"))


def test_a_sequence_must_be_as_long_as_a_discriminator_sees(shards: Path, tmp_path: Path) -> None:
    changes = {"stu.training.sequence": 2}
    with pytest.raises(ConfigError, match=r"training.sequence must be at least 3"):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny+vid2vid", changes=changes))
