"""Checkpoints on disk."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from apvg_core.errors import RunError
from apvg_core.stages.khp import training as khp
from apvg_core.training.checkpoint import (
    Checkpoint,
    read_checkpoint,
    restore_tensors,
    step_paths,
    write_checkpoint,
)
from apvg_core.training.options import TrainOptions

CHECKPOINT = Checkpoint(
    steps_done=3, seconds=1.5, seed=0, precision="fp32", averages={"loss": 0.5}, best={},
    facts={"inputs": {}}, tensors={"network/weight": torch.ones(3)},
)  # fmt: skip  # fmt: skip


def test_a_damaged_checkpoint_is_one_sentence(shards: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    khp.train(shards, run, TrainOptions(recipe="tiny", steps=1))
    step_paths(run, "khp")[-1].write_bytes(b"hello")
    with pytest.raises(RunError, match=r"step_00000001.safetensors is damaged; delete it"):
        khp.train(shards, run, TrainOptions(resume="last"))


@pytest.mark.parametrize(
    "changes",
    [
        {"steps_done": -1}, {"steps_done": "3"}, {"seed": 1.5}, {"precision": "fp8"}, {"averages": []},
        {"best": {"loss": "low"}}, {"facts": None}, {"tensors": {"x": torch.tensor([float("nan")])}},
        {"seconds": float("inf")},
    ],
)  # fmt: skip
def test_a_checkpoint_that_cannot_be(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "step_00000003.safetensors"
    write_checkpoint(path, CHECKPOINT)
    assert read_checkpoint(path).averages == {"loss": 0.5}
    write_checkpoint(path, replace(CHECKPOINT, **changes))
    with pytest.raises(RunError, match="is damaged"):
        read_checkpoint(path)


def test_an_optimisers_state_of_another_network() -> None:
    layer = torch.nn.Linear(2, 2)
    adam = torch.optim.Adam(layer.parameters())
    slots = {
        "adam/0.step": torch.ones(1),
        "adam/0.exp_avg": torch.ones(2, 2),
        "adam/0.exp_avg_sq": torch.ones(2, 2),
    }
    restore_tensors(slots, {}, {"adam": adam})
    for tensors in ({"adam/0.exp_avg": torch.zeros(3, 3)}, {"adam/9.exp_avg": torch.zeros(2, 2)}):
        with pytest.raises(RunError, match="does not fit the run's recipe"):
            restore_tensors(tensors, {}, {"adam": adam})
