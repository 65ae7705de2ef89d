"""The graph convolution."""

import numpy as np
import pytest
import torch
from torch import nn

from apvg_core.skeleton import EDGES, NUM_JOINTS
from apvg_core.stages.stu.gcn import GCN, JointGraph, normalised_adjacency


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


def test_nodes_join_at_every_level_and_are_averaged_where_they_share_a_pixel() -> None:
    torch.manual_seed(0)
    graph = JointGraph(3, 4, widths=(2, 3))
    levels = [torch.zeros(1, 2, 8, 8), torch.zeros(1, 3, 4, 4)]
    keypoints = torch.full((1, 1, NUM_JOINTS, 2), 3.5 / 8)  # the centre of a pixel of the larger map
    for mark in graph.marks:
        nn.init.zeros_(mark.weight)
        nn.init.ones_(mark.bias)
    with torch.no_grad():
        begin, (large, small) = graph(torch.rand(1, 3, 2, 2), levels, {"keypoints": keypoints})
    assert [feature.shape for feature in begin] == [(1, 3, 2, 2)]
    assert large[0, :, 3, 3].tolist() == pytest.approx([1, 1])  # sixty ones
    assert large.sum() == pytest.approx(2)
    # In the smaller map they lie a quarter of a pixel from a centre both ways: 60 / 16 in the furthest pixel.
    assert (small > 0.999).sum() == 3 * 4
    assert levels[0].abs().max() == 0  # what the encoder gave is left alone


def test_a_single_node_keeps_its_share_of_a_pixel() -> None:
    graph = JointGraph(3, 4, widths=(1,))
    nn.init.zeros_(graph.marks[0].weight)
    nn.init.ones_(graph.marks[0].bias)
    keypoints = torch.full((1, 1, NUM_JOINTS, 2), -1.0)  # outside
    keypoints[0, 0, 7] = 0.5  # between four pixels
    with torch.no_grad():
        _, (level,) = graph(torch.rand(1, 3, 2, 2), [torch.zeros(1, 1, 4, 4)], {"keypoints": keypoints})
    assert level[0, 0, 1:3, 1:3].flatten().tolist() == pytest.approx([0.25] * 4)
    assert level.sum() == pytest.approx(1)


def test_a_joint_that_moves_changes_the_nodes_that_two_convolutions_reach() -> None:
    torch.manual_seed(0)
    graph = JointGraph(3, 4, widths=())
    seen: list[torch.Tensor] = []
    graph.gcn.register_forward_hook(lambda _module, _inputs, nodes: seen.append(nodes[0]))
    blank = torch.ones(1, 3, 4, 4)  # a feature map that tells nothing
    keypoints = torch.linspace(0.3, 0.7, 2 * NUM_JOINTS).view(1, 1, NUM_JOINTS, 2)
    moved = keypoints.clone()
    moved[0, 0, 7] += 0.05
    with torch.no_grad():
        for each in (keypoints, moved):
            graph(blank, [], {"keypoints": each})
    changed = (seen[0] != seen[1]).any(-1).nonzero().flatten().tolist()
    near = {7} | {joint for edge in EDGES if 7 in edge for joint in edge}
    near |= {joint for edge in EDGES if set(edge) & near for joint in edge}
    assert set(changed) == near


def test_joints_of_one_place_are_told_apart() -> None:
    torch.manual_seed(0)
    graph = JointGraph(3, 4, widths=())
    seen: list[torch.Tensor] = []
    graph.gcn.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0][0]))
    with torch.no_grad():
        graph(torch.ones(1, 3, 4, 4), [], {"keypoints": torch.full((1, 1, NUM_JOINTS, 2), 0.5)})
    assert len({tuple(node) for node in seen[0].tolist()}) == NUM_JOINTS
