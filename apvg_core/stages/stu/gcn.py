"""The graph convolution over the motion components (section III.C), after Kipf & Welling 2017."""

from collections.abc import Mapping, Sequence

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

    def forward(
        self, fused_nkhw: Tensor, levels: list[Tensor], inputs: Mapping[str, Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return what the decoder begins from, and what joins at its levels.

        Args:
            fused_nkhw: The feature map at the bottleneck, (n, channels, h, w).
            levels: The encoder's features at the sizes above, from the full one down.
            inputs: The STU's; `keypoints` (b, t, 60, 2).

        Returns:
            The feature map and what the graph adds, (n, features, h, w); and the levels as they are.
        """
        keypoints = flatten_time(inputs["keypoints"])
        nodes = self.gcn(gather(fused_nkhw, keypoints))
        return [fused_nkhw, splat(keypoints, fused_nkhw.shape[2], fused_nkhw.shape[3], nodes)], levels


class JointGraph(nn.Module):
    """A graph whose nodes know their joints, written to all levels of the decoder (ours).

    A hand's twenty joints lie in one or two pixels of the bottleneck's map. So each node also tells which
    joint it is and where, and joins at the levels above, up to the full size: where a finger is, the decoder
    knows which one it is and how it is held. Nodes that share a pixel are averaged.

    Args:
        channels: Channels of the feature map.
        features: Width inside the GCN.
        widths: Channels of the encoder's features at the levels above, from the full size down.
    """

    features = 0

    def __init__(self, channels: int, features: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.joints_pc = nn.Parameter(0.5 * torch.randn(NUM_JOINTS, channels))
        self.gcn = GCN(channels + 2, features, features)
        self.norm = nn.LayerNorm(features)
        self.marks = nn.ModuleList(nn.Linear(features, width) for width in widths)

    def forward(
        self, fused_nkhw: Tensor, levels: list[Tensor], inputs: Mapping[str, Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return what the decoder begins from, the feature map alone, and the levels with the nodes added.

        The arguments are `Graph`'s.
        """
        keypoints = flatten_time(inputs["keypoints"])
        places = (keypoints - 0.5) * fused_nkhw.shape[3]  # in pixels of the map
        nodes = torch.cat([gather(fused_nkhw, keypoints) + self.joints_pc, places], 2)
        nodes = torch.relu(self.norm(self.gcn(nodes)))
        marked = [
            level + _averaged(keypoints, level.shape[2], level.shape[3], mark(nodes))
            for level, mark in zip(levels, self.marks, strict=True)
        ]
        return [fused_nkhw], marked


def _averaged(keypoints_np2: Tensor, height: int, width: int, values_npc: Tensor) -> Tensor:
    """As `splat`, but where more than one keypoint marks a pixel their mean [shape=(n, c, height, width)]."""
    counted = torch.cat([values_npc, torch.ones_like(values_npc[..., :1])], 2)
    sums = splat(keypoints_np2, height, width, counted)
    return sums[:, :-1] / sums[:, -1:].clamp(min=1)


class NoGraph(nn.Module):
    """The feature map alone."""

    features = 0

    def forward(
        self, fused_nkhw: Tensor, levels: list[Tensor], _inputs: Mapping[str, Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return the feature map (n, k, h, w) alone, and the levels as they are."""
        return [fused_nkhw], levels
