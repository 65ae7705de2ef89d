"""A step of an optimiser."""

from pathlib import Path

import pytest

from apvg_core.errors import RunError
from apvg_core.stages.khp import training as khp
from apvg_core.training.checkpoint import newest_checkpoint
from apvg_core.training.options import TrainOptions


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
