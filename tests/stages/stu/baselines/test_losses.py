"""Losses of the baselines with numbers worked out by hand."""

import pytest
import torch

from apvg_core.stages.stu.baselines import losses


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
    every = torch.ones(1, 3, dtype=torch.bool)
    assert losses.flow_loss(flow, real, every) == pytest.approx(2 / 4)  # two columns of four are wrong
    flow[:, 1:, 0] = -1.0  # the first frame's flow leads nowhere and does not count
    flow[0, 1, 0, :, 0] = 3.0  # the border is dark on the other side
    assert losses.flow_loss(flow, real, every) == pytest.approx(0.0, abs=1e-5)
    real[0, 2] = 7.0  # which is padding
    assert losses.flow_loss(flow, real, every & (real[:, :, 0, 0, 0] < 7)) == pytest.approx(0.0, abs=1e-5)
