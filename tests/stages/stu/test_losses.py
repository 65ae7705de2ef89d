"""Eqs. 5 to 7 with numbers worked out by hand."""

import math

import pytest
import torch

from apvg_core.stages.losses import pixel_loss, squared_loss
from apvg_core.stages.stu import losses


def test_eq5_rewards_fooling_the_discriminator_and_playing_the_sound() -> None:
    # sigmoid(0) = 1/2 and sigmoid(log 3) = 3/4
    realism, pairing = torch.tensor([0.0, math.log(3)]), torch.tensor([-math.log(3)])
    expected = -(math.log(0.5) + math.log(0.75)) / 2 - math.log(0.25)
    assert losses.generator_loss(realism, pairing) == pytest.approx(expected)


def test_eq6_rewards_telling_real_from_generated() -> None:
    real, generated = torch.tensor([math.log(3)]), torch.tensor([-math.log(3)])
    assert losses.discriminator_loss(real, generated) == pytest.approx(-2 * math.log(0.75))
    confused = losses.discriminator_loss(generated, real)
    assert confused == pytest.approx(-2 * math.log(0.25))


def test_eq6_of_pairs_weighs_them_as_much_as_others() -> None:
    pairing = torch.tensor([[math.log(3), 0.0, 9.0], [-math.log(3), 0.0, 9.0], [9.0, 9.0, math.log(3)]])
    apart = torch.tensor([[False, True, False], [True, False, False], [False, False, False]])
    paired = -(2 * math.log(0.75) + math.log(0.5)) / 3
    others = -(math.log(0.5) + math.log(0.75)) / 2
    assert losses.pairing_loss(pairing, apart) == pytest.approx(paired + others)
    # the diagonal: two of three above 0; of the others, which are at most 0, both
    assert losses.pairs_told(pairing, apart) == pytest.approx((2 / 3 + 1) / 2)


def test_where_no_moments_are_apart_there_are_no_pairs_to_learn() -> None:
    pairing = torch.ones(2, 2, requires_grad=True)
    loss = losses.pairing_loss(pairing, torch.zeros(2, 2, dtype=torch.bool))
    loss.backward()
    assert loss == 0
    assert pairing.grad is not None
    assert not pairing.grad.any()


def test_a_judge_that_hears_nothing_is_at_chance() -> None:
    """Whatever it says of all pairs alike, it tells half, and the loss is no better than that of a coin."""
    apart = ~torch.eye(8, dtype=torch.bool)
    for says in (-2.0, 0.1, 3.0):
        same = torch.full((8, 8), says)
        assert losses.pairs_told(same, apart) == 0.5
        assert losses.pairing_loss(same, apart) > 2 * math.log(2) - 1e-6


def test_eq7_adds_the_layers() -> None:
    generated = [torch.ones(1, 2, 2, 2), torch.zeros(1, 4, 1, 1)]
    real = [torch.zeros(1, 2, 2, 2), torch.full((1, 4, 1, 1), 0.5)]
    assert losses.perceptual_loss(generated, real) == pytest.approx(1.0 + 0.5)


def test_a_squared_loss_wants_what_may_be_there() -> None:
    """A pixel is 1 in one of four frames: Eq. 4 is best left at 0, the squared distance at their mean."""
    real, guesses = torch.tensor([0.0, 0.0, 0.0, 1.0]), torch.linspace(0, 1, 5)
    for loss, best in ((pixel_loss, 0.0), (squared_loss, 0.25)):
        assert guesses[torch.stack([loss(guess, real) for guess in guesses]).argmin()] == best
    assert squared_loss(real + 0.5, real) == 0.25
