"""Eq. 4 with numbers worked out by hand."""

import pytest
import torch

from apvg_core.stages import losses


def test_eq4_is_the_mean_absolute_difference() -> None:
    assert losses.pixel_loss(torch.full((1, 3, 2, 2), 0.5), torch.zeros(1, 3, 2, 2)) == pytest.approx(0.5)
