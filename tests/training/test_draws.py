"""What is drawn in a training depends on seed, step and sample, and on nothing else."""

import pytest
import torch

from apvg_core.training.draws import bernoulli_mask, dropout, sample_generators, step_generator


def generators(samples: list[int], step: int = 3) -> list[torch.Generator]:
    return sample_generators(7, step, torch.tensor(samples))


def test_a_sample_draws_the_same_in_whatever_company() -> None:
    (alone,) = generators([2])
    together = generators([0, 1, 2])
    expected = torch.rand(4, generator=alone)
    assert torch.equal(torch.rand(4, generator=together[2]), expected)
    assert not torch.equal(torch.rand(4, generator=together[1]), expected)
    assert not torch.equal(torch.rand(4, generator=generators([2], step=4)[0]), expected)


def test_what_samples_share_is_drawn_apart_from_what_each_draws() -> None:
    shared = torch.rand(4, generator=step_generator(7, 3))
    assert torch.equal(torch.rand(4, generator=step_generator(7, 3)), shared)
    assert not torch.equal(torch.rand(4, generator=step_generator(7, 4)), shared)
    for own in generators([0, 1, 2]):
        assert not torch.equal(torch.rand(4, generator=own), shared)


def test_real_frames_are_drawn_as_often_as_scheduled() -> None:
    samples = list(range(100))
    assert bernoulli_mask(50, 1.0, generators(samples)).all()
    assert not bernoulli_mask(50, 0.0, generators(samples)).any()
    assert not bernoulli_mask(50, -0.4, generators(samples)).any()  # past the end of the schedule
    assert bernoulli_mask(50, 0.3, generators(samples)).float().mean() == pytest.approx(0.3, abs=0.03)


def test_dropout_is_each_samples_own_and_changes_nothing_on_average() -> None:
    whole = dropout(10_000, 0.2, sample_generators(0, 7, torch.arange(2)))
    assert set(whole.unique().tolist()) == {0.0, 1.25}
    assert float(whole.mean()) == pytest.approx(1, abs=0.02)
    assert torch.equal(dropout(10_000, 0.2, sample_generators(0, 7, torch.tensor([1]))), whole[1:])
