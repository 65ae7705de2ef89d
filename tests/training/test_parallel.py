"""Two processes with half batches are one process with the whole batch."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
import torch

from apvg_core.data.manifest import write_manifest
from apvg_core.errors import ConfigError
from apvg_core.run.info import read_run
from apvg_core.stages.khp import training as khp
from apvg_core.training import parallel
from apvg_core.training.checkpoint import newest_checkpoint
from apvg_core.training.options import TrainOptions
from tests.training.helpers import fresh

RUNS = {"khp": "khp", "cvg": "cvg", "stu": "stu", "ebdn": "stu", "vid2vid": "stu"}
"""Runs of one step, and the stage that it is of."""

ROOT = Path(__file__).parents[2]


@pytest.fixture
def unseen(shards: Path, tmp_path: Path) -> Path:
    """Shards of which one shows nobody: the processes' counts of frames that teach differ."""
    copy = tmp_path / "unseen"
    shutil.copytree(shards, copy)
    with h5py.File(copy / "train/theremin/b.h5", "r+") as file:
        file["confidence"][:] = 0
    write_manifest(copy)
    return copy


def train(shards: Path, half_run: Path, folder: Path, *launcher: str) -> None:
    """One step of each stage, each in a run of its own."""
    folder.mkdir()
    for stage in ("cvg", "stu"):
        fresh(half_run, folder, stage, stage)
    for baseline in ("ebdn", "vid2vid"):
        khp.train(shards, folder / baseline, TrainOptions(recipe=f"tiny+{baseline}", reuse=half_run))
    subprocess.run(
        [*launcher, "-m", "tests.training.two_processes", shards, *(folder / name for name in RUNS)],
        check=True, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.slow
def test_two_processes_give_the_gradients_of_one_and_one_of_them_writes(
    unseen: Path, half_run: Path, tmp_path: Path
) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    train(unseen, half_run, tmp_path / "one", sys.executable)
    train(unseen, half_run, tmp_path / "two", *torchrun)
    for run, stage in RUNS.items():
        one, two = (newest_checkpoint(tmp_path / name / run, stage) for name in ("one", "two"))
        assert one is not None
        assert two is not None
        # Adam's running mean after one step is a tenth of the gradient.
        gradients = [key for key in one.tensors if key.endswith("exp_avg")]
        assert len(gradients) > 10
        for network in {key.split("/")[0] for key in gradients}:
            own = [key for key in gradients if key.startswith(f"{network}/")]
            largest = max(one.tensors[key].abs().max() for key in own)
            worst = max((two.tensors[key] - one.tensors[key]).abs().max() for key in own)
            tolerance = (
                1e-4 if run == stage else 1e-3
            )  # the baselines' norms blow up what little a pose map holds
            assert worst < tolerance * largest, (run, network, worst / largest)
        assert two.averages == pytest.approx(one.averages, rel=1e-4)
        assert read_run(tmp_path / "two" / run).stages[stage]["processes"] == 2
        assert len(list((tmp_path / "two" / run / "logs" / stage).glob("events.out.tfevents.*"))) == 1


def test_a_batch_that_cannot_be_shared(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "world_size", lambda: 3)
    with pytest.raises(
        ConfigError, match=r"3 processes cannot share a batch of 4 .* --set khp.training.batch"
    ):
        khp.train(shards, tmp_path / "run", TrainOptions(recipe="tiny"))


def test_alone_nothing_is_shared() -> None:
    assert (parallel.rank(), parallel.world_size()) == (0, 1)
    assert parallel.mean(torch.tensor(3.0)) == 3
    assert parallel.any_process(True, torch.device("cpu"))
    assert parallel.gather(["a"]) == ["a"]


@pytest.mark.slow
def test_the_command_line_under_torchrun(shards: Path, tmp_path: Path) -> None:
    """As the README has it; only the first process tells how it goes."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*torchrun, "-m", "apvg_cli", "--", "train-khp", shards, "--run", tmp_path / "run"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    first = [*command, "--steps", "2", "--recipe", "tiny"]
    done = subprocess.run(first, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("khp is trained") == done.stderr.count("Stage 1 of 3") == 1
    more = [*command, "--steps", "4", "--resume"]
    assert subprocess.run(more, env=environment, cwd=ROOT).returncode == 0
    assert read_run(tmp_path / "run").stages["khp"]["steps"] == 4
