"""The graph convolution over the motion components (section III.C), after Kipf & Welling 2017."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import flatten_time, kaiming_init
from apvg_core.layers.dlt import gather, splat
from apvg_core.skeleton import EDGES, NUM_JOINTS


def normalised_adjacency() -> Tensor:
    """D^-1/2 (A + I) D^-1/2 of the skeleton [shape=(60, 60)]."""
    adjacency = torch.eye(NUM_JOINTS)
    for a, b in EDGES:
        adjacency[a, b] = adjacency[b, a] = 1.0
    scale = adjacency.sum(1).rsqrt()
    return scale[:, None] * adjacency * scale[None, :]


class GCN(nn.Module):
    """Two graph convolutions over the joints; each mixes a joint's feature with its neighbours'."""

    adjacency_pp: Tensor

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("adjacency_pp", normalised_adjacency(), persistent=False)
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, outputs)
        kaiming_init(self)

    def forward(self, nodes_bpc: Tensor) -> Tensor:
        """Node features (b, 60, inputs) to (b, 60, outputs)."""
        hidden = torch.relu(self.adjacency_pp @ self.first(nodes_bpc))
        return self.adjacency_pp @ self.second(hidden)


class Graph(nn.Module):
    """The GCN over a feature map's values at the keypoints, written back where they came from.

    Args:
        channels: Channels of the feature map.
        features: Channels that are written back.
    """

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.features = features
        self.gcn = GCN(channels, features, features)

    def forward(self, fused_nkhw: Tensor, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """The feature map (n, channels, h, w), and what the graph adds (n, features, h, w)."""
        keypoints = flatten_time(inputs["keypoints"])
        nodes = self.gcn(gather(fused_nkhw, keypoints))
        return [fused_nkhw, splat(keypoints, fused_nkhw.shape[2], fused_nkhw.shape[3], nodes)]


class NoGraph(nn.Module):
    """The feature map alone."""

    features = 0

    def forward(self, fused_nkhw: Tensor, _inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the feature map (n, k, h, w) alone."""
        return [fused_nkhw]
