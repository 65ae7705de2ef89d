"""Going on with a training."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from apvg_core.errors import ConfigError, RunError
from apvg_core.files import sha256_of
from apvg_core.recipes import TINY
from apvg_core.run.info import read_run
from apvg_core.runtime import devices as runtime
from apvg_core.stages.cvg import training as cvg
from apvg_core.stages.khp import training as khp
from apvg_core.stages.stu import training as stu
from apvg_core.training.checkpoint import step_paths
from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import train_all


def test_nothing_already_done_is_lost(shards: Path, half_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="already holds khp; go on with --resume"):
        khp.train(shards, half_run, TrainOptions())


@pytest.fixture
def _heeds_interrupts() -> Iterator[None]:
    """A shell's background job ignores SIGINT, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heeds_interrupts")
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


def test_going_on_keeps_the_precision(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where "auto" would by now be another one."""
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=1, precision="fp32"))
    assert read_run(tmp_path).stages["khp"]["precision"] == "fp32"
    monkeypatch.setattr(runtime, "cpu_has_bf16", lambda: True)
    with pytest.raises(ConfigError, match="begun with --precision fp32"):
        khp.train(shards, tmp_path, TrainOptions(steps=2, resume="last", precision="bf16"))
    khp.train(shards, tmp_path, TrainOptions(steps=2, resume="last"))
    assert read_run(tmp_path).stages["khp"]["precision"] == "fp32"


def test_what_was_trained_on_other_keypoints_is_trained_afresh(
    shards: Path, half_run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    stu.train(shards, run, TrainOptions(steps=2, changes={"stu.ground_truth_keypoints": 0.0}))
    khp.train(shards, run, TrainOptions(steps=TINY.khp.training.steps + 1, resume="last"))
    assert "was trained on the earlier khp" in caplog.text
    with pytest.raises(RunError, match=r"khp or cvg of .* trained further after stu was begun"):
        stu.train(shards, run, TrainOptions(resume="last"))
    before = load_file(run / "stu/model.safetensors")
    train_all(shards, run, TrainOptions(resume="auto"))
    after = load_file(run / "stu/model.safetensors")
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert read_run(run).stages["stu"]["inputs"]["khp"] == sha256_of(run / "khp/model.safetensors")


def test_a_coarse_video_that_hears_as_an_earlier_khp_is_trained_afresh(
    shards: Path, half_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    khp.train(shards, run, TrainOptions(steps=TINY.khp.training.steps + 1, resume="last"))
    with pytest.raises(RunError, match=r"^khp of .* trained further after cvg was begun"):
        cvg.train(shards, run, TrainOptions(resume="last"))
    cvg.train(shards, run, TrainOptions(steps=1, resume="auto"))
    assert read_run(run).stages["cvg"]["audio_from"] == sha256_of(run / "khp/model.safetensors")


def test_what_is_trained_afresh_keeps_its_own_checkpoints(
    shards: Path, half_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    stu.train(shards, run, TrainOptions(steps=3))
    khp.train(shards, run, TrainOptions(steps=TINY.khp.training.steps + 1, resume="last"))
    stu.train(shards, run, TrainOptions(steps=2, resume="auto"))
    assert [path.stem for path in step_paths(run, "stu")] == ["step_00000002"]


def test_a_stage_that_was_deleted_can_be_trained_anew(shards: Path, half_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(half_run, run)
    shutil.rmtree(run / "khp")
    shutil.rmtree(run / "state/khp")
    khp.train(shards, run, TrainOptions(steps=3, changes={"khp.heatmap_size": 8}, resume="auto"))
    assert read_run(run).recipe.khp.heatmap_size == 8


def test_what_is_trained_is_still_checked_against_what_is_asked(shards: Path, half_run: Path) -> None:
    for options, sentence in (
        (TrainOptions(changes={"khp.heatmap_size": 99}), "begun with other settings of khp"),
        (TrainOptions(changes={"cvg.noise": 99}), "begun with other settings of cvg"),
        (TrainOptions(seed=5), "begun with --seed 0"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            khp.train(shards, half_run, replace(options, resume="auto"))
