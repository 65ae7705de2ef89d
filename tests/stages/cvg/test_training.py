"""Training of CVG."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apvg_core.data.shards import Shard
from apvg_core.run.info import read_run, write_run
from apvg_core.stages.cvg.training import CVGTraining, disturb
from apvg_core.training.draws import sample_generators
from apvg_core.training.forecast import forecast
from apvg_core.training.options import TrainOptions
from apvg_core.training.setup import prepare


def test_what_hears_nothing_is_the_mean_of_the_footage(run: Path, shards: Path) -> None:
    """By hand: the mean frame's L1 and ten times its squared error, on what cvg is validated on."""
    info = read_run(run)
    frames = []
    for name in ("a", "b"):
        with Shard(shards / f"train/theremin/{name}.h5") as shard:
            frames.append(shard.frames(0, len(shard)))
    mean = np.concatenate(frames).mean(0).round() / 255
    with Shard(shards / "validation/theremin/c.h5") as shard:  # 20 frames: every sequence is all of it
        real = shard.frames(0, len(shard)) / 255
    small = [x.reshape(*x.shape[:-3], 32, 2, 32, 2, 3).mean((-4, -2)) for x in (mean, real)]
    assert info.stages["cvg"]["held_out"]["mean_baseline"] == pytest.approx(
        np.abs(small[0] - small[1]).mean() + 10 * np.square(small[0] - small[1]).mean(), rel=1e-3
    )
    for facts in info.stages.values():
        assert facts["footage"] == {
            "recordings": 2, "seconds": 6.0, "held_out_recordings": 1, "held_out_seconds": 2.0
        }  # fmt: skip
    assert info.stages["khp"]["held_out"]["loss"] < info.stages["khp"]["held_out"]["mean_baseline"]


def test_a_training_hears_what_is_around_its_sequences(shards: Path, tmp_path: Path) -> None:
    changes = {"cvg.lookahead_s": 0.7, "cvg.history": 3, "cvg.hears_as_khp": False}
    options = TrainOptions(recipe="tiny", steps=1, changes=changes, device="cpu")
    setup = prepare(shards, tmp_path / "run", "cvg", options)
    assert setup is not None
    training = CVGTraining(setup, options)
    batch = training.sampler.draw(0)
    ahead = 8  # .7 s at 10 frames a second: whole blocks
    assert batch.windows.shape[1] == 3 + batch.valid.shape[1] + ahead
    losses = training.take_step(0, batch, lambda *_: None)
    assert losses["coarse"].isfinite()
    with torch.no_grad():
        assert training.validate(training.networks["network"]).loss > 0
    write_run(tmp_path / "run", setup.info)
    assert forecast(shards, tmp_path / "run", ["cvg"], options) > 0


def generators(samples: list[int], step: int = 3) -> list[torch.Generator]:
    return sample_generators(7, step, torch.tensor(samples))


def test_a_start_is_disturbed_within_its_bounds() -> None:
    samples = list(range(200))
    previous, reference = torch.full((200, 3, 4, 4), 0.4), torch.full((200, 3, 4, 4), 0.6)
    unharmed = disturb(previous, reference, 0.0, generators(samples))
    assert unharmed.min() >= 0.4
    assert unharmed.max() <= 0.6
    assert unharmed.mean() == pytest.approx(0.5, abs=0.02)  # every mixture of both is as likely
    harmed = disturb(previous, reference, 0.5, generators(samples))
    assert harmed.min() >= 0
    assert harmed.max() <= 1
    darkness = (harmed - unharmed).mean((1, 2, 3))
    assert -0.5 < darkness.min() < -0.2
    assert 0.2 < darkness.max() < 0.5
    assert torch.equal(disturb(previous[:1], reference[:1], 0.5, generators([0])), harmed[:1])
