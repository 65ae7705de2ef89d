"""The graph convolution."""

import numpy as np
import pytest
import torch
from torch import nn

from apvg_core.skeleton import EDGES
from apvg_core.stages.stu.gcn import GCN, normalised_adjacency


def test_gcn_mixes_neighbours_as_kipf_and_welling() -> None:
    adjacency = normalised_adjacency()
    assert torch.equal(adjacency, adjacency.T)
    # The nose has neck and both eyes as neighbours, so degree 4; the neck nose, shoulders and hips: 6.
    assert adjacency[0, 0] == pytest.approx(1 / 4)
    assert adjacency[0, 1] == pytest.approx(1 / np.sqrt(4 * 6))
    assert (adjacency > 0).sum() == 60 + 2 * len(EDGES)
    gcn = GCN(1, 1, 1)
    for layer in (gcn.first, gcn.second):
        nn.init.ones_(layer.weight)
    nodes = torch.rand(1, 60, 1)
    torch.testing.assert_close(gcn(nodes), adjacency @ adjacency @ nodes)
