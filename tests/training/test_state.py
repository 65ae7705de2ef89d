"""State of a training."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from apvg_core.errors import RunError
from apvg_core.stages.khp import training as khp
from apvg_core.training import parallel
from apvg_core.training.checkpoint import newest_checkpoint
from apvg_core.training.options import TrainOptions
from apvg_core.training.setup import prepare
from apvg_core.training.state import TrainingState, _moving_average


def test_the_moving_average_generates(shards: Path, tmp_path: Path) -> None:
    changes = {"khp.training.ema": 0.5}
    khp.train(shards, tmp_path, TrainOptions(recipe="tiny", steps=3, changes=changes))
    checkpoint = newest_checkpoint(tmp_path, "khp")
    assert checkpoint is not None
    weights = load_file(tmp_path / "khp/model.safetensors")
    for name, tensor in weights.items():
        assert torch.equal(tensor, checkpoint.tensors[f"average/module.{name}"])
    assert not torch.equal(weights["head.weight"], checkpoint.tensors["network/head.weight"])


def test_all_that_processes_share_lies_on_the_trainings_device(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NCCL refuses tensors of the CPU; the device "meta" stands for a GPU."""
    options = TrainOptions(recipe="tiny", device="cpu", changes={"khp.training.ema": 0.5})
    setup = prepare(shards, tmp_path / "run", "khp", options)
    assert setup is not None
    setup = replace(setup, device=torch.device("meta"))
    shared: dict[str, torch.device] = {}

    def record(networks: Iterable[torch.nn.Module]) -> None:
        shared.update((key, value.device) for n in networks for key, value in n.state_dict().items())

    monkeypatch.setattr(parallel, "share_weights", record)
    TrainingState(setup, khp.KHPTraining(setup))
    assert "n_averaged" in shared
    assert {device.type for device in shared.values()} == {"meta"}


def test_processes_with_other_steps_are_told_so(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything: list[str] = []
    monkeypatch.setattr(parallel, "gather", lambda items: everything.extend(items) or everything)
    for steps, expected in ((3, nullcontext()), (4, pytest.raises(RunError, match="differ in --steps"))):
        setup = prepare(shards, tmp_path / "run", "khp", TrainOptions(recipe="tiny", steps=steps))
        assert setup is not None
        with expected:
            TrainingState(setup, khp.KHPTraining(setup))


def test_the_average_soon_forgets_the_first_weights() -> None:
    """By hand: after n updates its decay is the smaller of the recipe's and (1 + n) / (10 + n)."""
    average = _moving_average(0.5)
    first = average(torch.tensor(0.0), torch.tensor(1.0), 1)
    assert first.item() == pytest.approx(1 - 2 / 11)
    assert average(torch.tensor(0.0), torch.tensor(1.0), torch.tensor(1000)).item() == pytest.approx(0.5)
