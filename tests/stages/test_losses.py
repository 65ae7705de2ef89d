"""Eqs. 2 to 7 and the rivals' losses with numbers worked out by hand."""

import math

import pytest
import torch

from apvg_core import losses


def test_eq2_is_the_norm_over_a_frames_visible_joints() -> None:
    real = torch.zeros(2, 3, 2)
    predicted = torch.zeros(2, 3, 2)
    predicted[0, 0] = torch.tensor([3.0, 0.0])
    predicted[0, 1] = torch.tensor([0.0, 4.0])
    predicted[0, 2] = 100.0  # missed: must not count
    visible = torch.ones(2, 3, dtype=torch.bool)
    visible[0, 2] = False
    count = losses.seen_frames(visible)
    assert losses.coordinate_loss(predicted, real, visible, count) == pytest.approx((5 + 0) / 2, abs=1e-5)
    visible[1] = False  # a frame without joints is no frame at all
    assert losses.seen_frames(visible) == 1
    assert losses.coordinate_loss(predicted, real, visible, losses.seen_frames(visible)) == pytest.approx(5)


def test_eq2_has_a_finite_gradient_where_prediction_and_truth_agree() -> None:
    predicted = torch.zeros(1, 3, 2, requires_grad=True)
    losses.coordinate_loss(predicted, torch.zeros(1, 3, 2), torch.ones(1, 3, dtype=torch.bool), 1).backward()
    assert predicted.grad is not None
    assert torch.equal(predicted.grad, torch.zeros(1, 3, 2))


def test_eq3_sums_over_the_map() -> None:
    predicted = torch.tensor([[[[1.0, 0.0], [0.5, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]])
    real = torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]], [[[0.0, 0.0], [0.0, 0.25]]]])
    assert losses.heatmap_loss(predicted, real, 2) == pytest.approx((2 + 0.25) / 2)


def test_eq4_is_the_mean_absolute_difference() -> None:
    assert losses.pixel_loss(torch.full((1, 3, 2, 2), 0.5), torch.zeros(1, 3, 2, 2)) == pytest.approx(0.5)


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


def test_least_squares_gan_sums_the_scales() -> None:
    fooled, caught = torch.tensor([1.0, 1.0]), torch.tensor([0.0, -1.0])
    assert losses.least_squares_generator_loss([fooled]) == 0
    assert losses.least_squares_generator_loss([fooled, caught]) == pytest.approx((1 + 4) / 2)
    assert losses.least_squares_discriminator_loss([fooled], [torch.zeros(2)]) == 0
    # ½ (1 + 4) / 2 for the real ones it doubts, ½ · 1 for the generated ones it believes; the other is right
    doubtful = losses.least_squares_discriminator_loss([caught, fooled], [fooled, torch.zeros(3)])
    assert doubtful == pytest.approx(1.25 + 0.5)


def test_feature_matching_leaves_the_verdict_out_and_real_frames_alone() -> None:
    generated = [[torch.ones(2, 2), torch.zeros(1)], [torch.zeros(3), torch.ones(2), torch.zeros(1)]]
    real = [[torch.zeros(2, 2), torch.ones(1)], [torch.full((3,), 0.5), torch.zeros(2), torch.ones(1)]]
    for features in (generated, real):
        features[0][0].requires_grad_()
    loss = losses.feature_matching_loss(generated, real)
    assert loss.item() == pytest.approx(1.0 + 0.5 + 1.0)
    loss.backward()
    assert generated[0][0].grad is not None
    assert real[0][0].grad is None


def test_flow_loss_is_how_badly_the_flow_explains_the_next_real_frame() -> None:
    # A bright column steps one pixel to the right each frame: what is seen at x was at x - 1.
    real = torch.zeros(1, 3, 3, 4, 4)
    for t in range(3):
        real[0, t, :, :, t] = 1.0
    flow = torch.zeros(1, 3, 2, 4, 4)
    assert losses.flow_loss(flow, real) == pytest.approx(2 / 4)  # two columns of four are wrong
    flow[:, 1:, 0] = -1.0  # the first frame's flow leads nowhere and does not count
    flow[0, 1, 0, :, 0] = 3.0  # the border is dark on the other side
    assert losses.flow_loss(flow, real) == pytest.approx(0.0, abs=1e-5)


def test_weighted_sum_wants_a_weight_for_every_term() -> None:
    terms = {"a": torch.tensor(2.0), "b": torch.tensor(3.0)}
    assert losses.weighted_sum(terms, {"a": 10.0, "b": 0.0}) == 20
    with pytest.raises(AssertionError):
        losses.weighted_sum(terms, {"a": 1.0})


def test_a_squared_loss_wants_what_may_be_there() -> None:
    """A pixel is 1 in one of four frames: Eq. 4 is best left at 0, the squared distance at their mean."""
    real, guesses = torch.tensor([0.0, 0.0, 0.0, 1.0]), torch.linspace(0, 1, 5)
    for loss, best in ((losses.pixel_loss, 0.0), (losses.squared_loss, 0.25)):
        assert guesses[torch.stack([loss(guess, real) for guess in guesses]).argmin()] == best
    assert losses.squared_loss(real + 0.5, real) == 0.25
