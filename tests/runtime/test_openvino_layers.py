"""Layers that OpenVINO gets in the place of others give the same numbers."""

import torch
from torch import nn

from apvg_core.runtime.openvino_layers import ChannelNorm, doubling


def test_a_doubled_row_by_hand() -> None:
    """(1, 2) is (1, 1, 2, 2) when doubled; with weights (1, 10, 100) and zeros around it, as below."""
    weight = torch.zeros(1, 1, 3, 3)
    weight[0, 0, 1] = torch.tensor([1.0, 10.0, 100.0])  # the middle row: each row stays what it is, twice
    row = torch.tensor([[[[1.0, 2.0]]]])
    expected = torch.tensor([110.0, 211.0, 221.0, 22.0])
    assert torch.equal(doubling(weight, None)(row)[0, 0], expected.expand(2, 4))


def test_doubling_is_nearest_pixels_and_a_convolution() -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(5, 7, 3, padding=1)
    maps = torch.randn(2, 5, 6, 4)
    expected = convolution(nn.Upsample(scale_factor=2, mode="nearest")(maps))
    ours = doubling(convolution.weight, convolution.bias)(maps)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-5)


def test_channel_norm_is_group_norm() -> None:
    torch.manual_seed(0)
    norm = nn.GroupNorm(4, 8)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    maps = 3 + 2 * torch.randn(2, 8, 6, 4)
    torch.testing.assert_close(ChannelNorm(norm)(maps), norm(maps), rtol=0, atol=1e-5)
