"""Training within a number of minutes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apvg_core.errors import ConfigError
from apvg_core.recipes import TINY
from apvg_core.run.info import read_run
from apvg_core.training import budget
from apvg_core.training.budget import share, steps_within
from apvg_core.training.forecast import Costs
from apvg_core.training.options import TrainOptions
from apvg_core.training.stages import train_all

OPTIONS = TrainOptions(recipe="tiny", device="cpu")


def test_shares_of_what_is_left() -> None:
    assert share("khp", ["cvg", "stu"]) == pytest.approx(0.15)
    assert share("cvg", ["stu"]) == pytest.approx(0.15 / 0.85)
    assert share("stu", []) == 1


@pytest.mark.parametrize(
    ("seconds", "steps"),
    [
        (14.0, 5),  # (14 - 4) / 2
        (15.9, 5),
        (3.0, 1),  # a stage without a step is none
        (1e6, TINY.cvg.training.steps if TINY.cvg else 0),
    ],
)
def test_as_many_steps_as_fit(
    seconds: float, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "measure_costs", lambda *_: Costs(a_step=2.0, afterwards=4.0))
    assert steps_within(tmp_path, tmp_path / "run", "cvg", seconds, OPTIONS) == steps


def test_what_is_trained_keeps_its_steps_without_its_checkpoints(
    half_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "measure_costs", lambda *_: Costs(a_step=2.0, afterwards=0.0))
    run = tmp_path / "run"
    shutil.copytree(half_run, run, ignore=shutil.ignore_patterns("state"))
    assert steps_within(tmp_path, run, "cvg", 8.0, TrainOptions()) is None
    assert steps_within(tmp_path, run, "stu", 8.0, TrainOptions()) == 4


def test_a_rival_needs_steps(shards: Path, tmp_path: Path) -> None:
    options = TrainOptions(recipe="tiny+ebdn", minutes=1.0, device="cpu")
    with pytest.raises(ConfigError, match="How long stu takes cannot be estimated; give --steps"):
        steps_within(shards, tmp_path / "run", "stu", 60.0, options)


def test_steps_or_minutes() -> None:
    with pytest.raises(ConfigError, match="--steps and --minutes both limit"):
        TrainOptions(steps=1, minutes=1.0)


@pytest.mark.slow
def test_processes_take_the_firsts_number_of_steps(tmp_path: Path) -> None:
    script = tmp_path / "measure.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from apvg_core.training import budget\n"
        "from apvg_core.training.forecast import Costs\n"
        "from apvg_core.training.options import TrainOptions\n"
        "rank = os.environ['RANK']\n"
        "budget.measure_costs = lambda *_: Costs(a_step=1.0 + int(rank), afterwards=0.0)\n"
        "options, here = TrainOptions(recipe='tiny', device='cpu'), Path(sys.argv[1])\n"
        "steps = budget.steps_within(here, here / 'run', 'khp', 8.0, options)\n"
        "(here / rank).write_text(str(steps))\n"
    )
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*torchrun, script, tmp_path], env=environment, check=True, capture_output=True)
    assert [(tmp_path / rank).read_text() for rank in "01"] == ["8", "8"]


@pytest.mark.slow
def test_a_training_of_a_tenth_of_a_minute(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_all(shards, run, TrainOptions(recipe="tiny", minutes=0.1, device="cpu"))
    info = read_run(run)
    assert set(info.stages) == {"khp", "cvg", "stu"}
    chosen = {stage: getattr(info.recipe, stage).training.steps for stage in info.stages}
    assert {stage: facts["steps"] for stage, facts in info.stages.items()} == chosen
    assert all(0 < steps <= getattr(TINY, stage).training.steps for stage, steps in chosen.items())
    before = json.loads((run / "run.json").read_text())
    train_all(
        shards, run, TrainOptions(minutes=0.2, resume="auto", device="cpu")
    )  # begun stages stay as they are
    assert json.loads((run / "run.json").read_text()) == before
