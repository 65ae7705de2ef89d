"""The sequences that a training is validated on."""

from pathlib import Path

import torch

from apvg_core.training.options import TrainOptions
from apvg_core.training.sequences import held_out_batch
from apvg_core.training.setup import prepare
from tests.conftest import SIZE


def test_every_seed_is_validated_on_the_same_held_out_sequences(shards: Path, tmp_path: Path) -> None:
    """Of 500 frames that are wanted, the 20 that there are."""
    batches = []
    for seed in (0, 1):
        setup = prepare(shards, tmp_path / "run", "khp", TrainOptions(recipe="tiny", seed=seed))
        assert setup is not None
        assert [entry.id for entry in setup.held_out] == ["c"]
        batches.append(held_out_batch(setup, frames=True, sequences=2, length=500, lookahead=3))
    one, other = batches
    assert one.windows.shape == (2, 23, 84, 87)
    assert one.keypoints.shape == (2, 20, 60, 2)
    assert one.frames is not None
    assert one.frames.shape == (2, 20, SIZE, SIZE, 3)
    assert torch.equal(one.start, other.start)
    assert torch.equal(one.windows, other.windows)
