"""The CNN-GRU of section III.C: a GRU whose fully connected layers are convolutions."""

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import flatten_time, kaiming_init, unflatten_time


class CNNGRU(nn.Module):
    """Fuses the high-level feature F(t) with the one before, keeping where things are.

    As Cho et al. 2014, with * a 3 x 3 convolution and ⊙ the product by element::

        r = σ(W_r * [F, h])      u = σ(W_u * [F, h])
        n = tanh(W_n * [F, r ⊙ h])
        h' = u ⊙ h + (1 - u) ⊙ n
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1)
        self.candidate = nn.Conv2d(2 * channels, channels, 3, padding=1)
        kaiming_init(self)

    def forward(self, feature_bchw: Tensor, hidden_bchw: Tensor) -> Tensor:
        """The fused feature, which is also the next hidden state [shape=(b, c, h, w)]."""
        gates = torch.sigmoid(self.gates(torch.cat([feature_bchw, hidden_bchw], 1)))
        reset, update = gates.chunk(2, 1)
        candidate = torch.tanh(self.candidate(torch.cat([feature_bchw, reset * hidden_bchw], 1)))
        return update * hidden_bchw + (1 - update) * candidate


class Memory(nn.Module):
    """The CNN-GRU over the frames of a block.

    Args:
        channels: Channels of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru = CNNGRU(channels)

    def forward(
        self, features_nkhw: Tensor, batch: int, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The fused features (n, k, h, w), and the last frame's (b, k, h, w) as the next state."""
        (hidden,) = state
        fused = []
        for feature in unflatten_time(features_nkhw, batch).unbind(1):
            hidden = self.gru(feature, hidden)
            fused.append(hidden)
        return flatten_time(torch.stack(fused, 1)), (hidden,)


class NoMemory(nn.Module):
    """Every frame by itself."""

    def forward(
        self, features_nkhw: Tensor, _batch: int, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the features (n, k, h, w) and the state as they are."""
        return features_nkhw, state
