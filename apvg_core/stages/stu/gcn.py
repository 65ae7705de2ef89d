"""The graph convolution over the motion components (section III.C), after Kipf & Welling 2017."""

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import kaiming_init
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
