"""Eqs. 5 to 7 with numbers worked out by hand."""

import math

import pytest
import torch

from apvg_core.stages.cvg.losses import pixel_loss
from apvg_core.stages.stu import losses


def test_eq5_rewards_fooling_the_discriminator() -> None:
    # sigmoid(0) = 1/2 and sigmoid(log 3) = 3/4
    logits = torch.tensor([0.0, math.log(3)])
    assert losses.generator_loss(logits) == pytest.approx(-(math.log(0.5) + math.log(0.75)) / 2)


def test_eq6_rewards_telling_real_from_generated() -> None:
    real, generated = torch.tensor([math.log(3)]), torch.tensor([-math.log(3)])
    assert losses.discriminator_loss(real, generated) == pytest.approx(-2 * math.log(0.75))
    confused = losses.discriminator_loss(generated, real)
    assert confused == pytest.approx(-2 * math.log(0.25))


def test_eq6_with_mismatched_pairs_shares_the_negatives() -> None:
    real, generated, mismatched = torch.tensor([0.0]), torch.tensor([-math.log(3)]), torch.tensor([0.0])
    expected = -math.log(0.5) - (math.log(0.75) + math.log(0.5)) / 2
    assert losses.discriminator_loss(real, generated, mismatched) == pytest.approx(expected)


def test_eq7_adds_the_layers() -> None:
    generated = [torch.ones(1, 2, 2, 2), torch.zeros(1, 4, 1, 1)]
    real = [torch.zeros(1, 2, 2, 2), torch.full((1, 4, 1, 1), 0.5)]
    assert losses.perceptual_loss(generated, real) == pytest.approx(1.0 + 0.5)


def test_a_squared_loss_wants_what_may_be_there() -> None:
    """A pixel is 1 in one of four frames: Eq. 4 is best left at 0, the squared distance at their mean."""
    real, guesses = torch.tensor([0.0, 0.0, 0.0, 1.0]), torch.linspace(0, 1, 5)
    for loss, best in ((pixel_loss, 0.0), (losses.squared_loss, 0.25)):
        assert guesses[torch.stack([loss(guess, real) for guess in guesses]).argmin()] == best
    assert losses.squared_loss(real + 0.5, real) == 0.25
