"""The CNN-GRU."""

import pytest
import torch
from torch import nn

from apvg_core.stages.stu.cnn_gru import CNNGRU


def test_cnn_gru_by_hand() -> None:
    gru = CNNGRU(1)
    for parameter in gru.parameters():
        nn.init.zeros_(parameter)
    # All gates at σ(0) = 1/2 and the candidate at tanh(0) = 0: half of the hidden state stays.
    assert gru(torch.rand(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.8)).unique().item() == pytest.approx(0.4)
    with torch.no_grad():
        gru.gates.bias[1] = 50.0  # u = 1: keep everything
    assert gru(torch.rand(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.8)).unique().item() == pytest.approx(0.8)
