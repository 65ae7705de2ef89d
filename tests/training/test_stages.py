"""All trainings of a run, one after the other."""

import shutil
from pathlib import Path

import pytest

from apvg_core.data.manifest import write_manifest
from apvg_core.errors import ConfigError, RunError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.generation.render import render
from apvg_core.recipes import TINY
from apvg_core.run.info import read_run
from apvg_core.run.weights import untrained
from apvg_core.runtime.load import load_networks
from apvg_core.stages.khp import training as khp
from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import train_all
from apvg_core.training.step_times import WARM_UP
from tests.conftest import melody, write_shard
from tests.synth import write_wav
from tests.training.helpers import TRAIN


@pytest.mark.slow
def test_all_stages_in_order_and_again_nothing(
    shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, seen = tmp_path / "run", []

    def watch(task: str, done: float, total: float, /, **facts: float) -> None:
        seen.append(task)
        assert ("later" in facts) == (task in ("train-khp", "train-cvg"))
        assert ("frames/s" in facts) == (task.startswith("train") and done > WARM_UP)
        if "frames/s" in facts:
            assert facts["frames/s"] > 0
            assert 0 <= facts["% waiting"] <= 100
        if task == "train-khp":
            later.append(facts["later"])

    later: list[float] = []
    steps = WARM_UP + 2
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
    assert said[1].startswith("6 seconds of footage is only enough for a try")
    assert [line.split()[:3] for line in said[2:]] == [
        ["khp", "is", "trained:"], ["Stage", "2", "of"], ["cvg", "is", "trained:"], ["Stage", "3", "of"],
        ["stu", "is", "trained:"],
    ]  # fmt: skip
    held_out = read_run(run).stages["khp"]["held_out"]
    assert (
        f"held-out loss {held_out['loss']:.3g}, that of mean keypoints {held_out['mean_baseline']:.3g}"
        in said[2]
    )
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


def test_which_stages_are_left(run: Path, half_run: Path, shards: Path, tmp_path: Path) -> None:
    assert untrained(run, read_run(run)) == ()
    assert untrained(half_run, read_run(half_run)) == ("stu",)
    again = tmp_path / "again"
    shutil.copytree(run, again)
    khp.train(shards, again, TrainOptions(steps=TINY.khp.training.steps + 1, resume="last"))
    assert untrained(again, read_run(again)) == ("cvg", "stu")  # they go on from another KHP
    shutil.rmtree(again / "state")  # as it is sent
    assert untrained(again, read_run(again)) == ()


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
        with pytest.raises(ConfigError, match=f"{variant} has no {stage}; train it with train-"):
            TRAIN[stage](shards, run, TrainOptions())
    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    render(tmp_path / "song.wav", load_networks(run), tmp_path / "out.mp4")
    row = evaluate(shards, [run], tmp_path / "results").rows[0]
    assert ("keypoint_distance" in row.scores) == ("khp" in stages)
    assert row.scores["psnr"].value > 5
