"""What is drawn in a training depends on seed, step and sample, and on nothing else."""

import pytest
import torch

from apvg_core.stages.cvg.training import disturb
from apvg_core.training.draws import dropout, sample_generators, shown


def generators(samples: list[int], step: int = 3) -> list[torch.Generator]:
    return sample_generators(7, step, torch.tensor(samples))


def test_a_sample_draws_the_same_in_whatever_company() -> None:
    (alone,) = generators([2])
    together = generators([0, 1, 2])
    expected = torch.rand(4, generator=alone)
    assert torch.equal(torch.rand(4, generator=together[2]), expected)
    assert not torch.equal(torch.rand(4, generator=together[1]), expected)
    assert not torch.equal(torch.rand(4, generator=generators([2], step=4)[0]), expected)


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


def test_real_frames_are_shown_as_often_as_scheduled() -> None:
    samples = list(range(100))
    assert shown(50, 1.0, generators(samples)).all()
    assert not shown(50, 0.0, generators(samples)).any()
    assert not shown(50, -0.4, generators(samples)).any()  # past the end of the schedule
    assert shown(50, 0.3, generators(samples)).float().mean() == pytest.approx(0.3, abs=0.03)


def test_dropout_is_each_samples_own_and_changes_nothing_on_average() -> None:
    whole = dropout(10_000, 0.2, sample_generators(0, 7, torch.arange(2)))
    assert set(whole.unique().tolist()) == {0.0, 1.25}
    assert float(whole.mean()) == pytest.approx(1, abs=0.02)
    assert torch.equal(dropout(10_000, 0.2, sample_generators(0, 7, torch.tensor([1]))), whole[1:])
