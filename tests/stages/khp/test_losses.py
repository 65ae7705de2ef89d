"""Eqs. 2 and 3 with numbers worked out by hand."""

import pytest
import torch

from apvg_core.stages.khp import losses


def test_eq2_is_the_norm_over_a_frames_visible_joints() -> None:
    real = torch.zeros(2, 3, 2)
    predicted = torch.zeros(2, 3, 2)
    predicted[0, 0] = torch.tensor([3.0, 0.0])
    predicted[0, 1] = torch.tensor([0.0, 4.0])
    predicted[0, 2] = 100.0  # missed: must not count
    visible = torch.ones(2, 3, dtype=torch.bool)
    visible[0, 2] = False
    count = losses.visible_frames(visible)
    assert losses.coordinate_loss(predicted, real, visible, count) == pytest.approx((5 + 0) / 2, abs=1e-5)
    visible[1] = False  # a frame without joints is no frame at all
    assert losses.visible_frames(visible) == 1
    assert losses.coordinate_loss(predicted, real, visible, losses.visible_frames(visible)) == pytest.approx(
        5
    )


def test_eq2_has_a_finite_gradient_where_prediction_and_truth_agree() -> None:
    predicted = torch.zeros(1, 3, 2, requires_grad=True)
    losses.coordinate_loss(predicted, torch.zeros(1, 3, 2), torch.ones(1, 3, dtype=torch.bool), 1).backward()
    assert predicted.grad is not None
    assert torch.equal(predicted.grad, torch.zeros(1, 3, 2))


def test_eq3_sums_over_the_map() -> None:
    predicted = torch.tensor([[[[1.0, 0.0], [0.5, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]])
    real = torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]], [[[0.0, 0.0], [0.0, 0.25]]]])
    assert losses.heatmap_loss(predicted, real, 2) == pytest.approx((2 + 0.25) / 2)
