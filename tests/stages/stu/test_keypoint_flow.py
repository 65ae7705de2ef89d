"""The flow of the keypoints."""

import numpy as np
import torch

from apvg_core.stages.stu.keypoint_flow import KeypointFlow


def test_places_move_as_the_keypoints_near_them() -> None:
    """Worked out by hand, before anything is learned: 60 joints in one place against standing still."""
    flow = KeypointFlow(1)
    flow.reset()
    keypoints = torch.full((1, 60, 2), 0.25)
    displacements = torch.tensor([0.1, -0.2]).expand_as(keypoints)
    moved = flow.field(torch.rand(1, 1, 2, 2), keypoints, displacements)
    assert moved.shape == (1, 2, 2, 2)
    share = 60 / (60 + np.exp(-4))
    torch.testing.assert_close(
        moved[0, :, 0, 0], torch.tensor([0.1 * share, -0.2 * share], dtype=torch.float32)
    )
    share = 60 / (60 + np.exp(-4 + 0.5**2 / (2 * 0.06**2)))  # half an image further right
    torch.testing.assert_close(moved[0, 0, 0, 1].item(), 0.1 * share)
    flow.assignment.bias.data[:60] = 100.0  # as is learned, all of it belongs to the joints
    torch.testing.assert_close(
        flow.field(torch.rand(1, 1, 2, 2), keypoints, displacements)[0, 0], torch.full((2, 2), 0.1)
    )


def test_ways_are_not_rounded_under_bfloat16() -> None:
    flow = KeypointFlow(1)
    flow.reset()
    keypoints, displacements = torch.rand(1, 60, 2), 0.3 * torch.rand(1, 60, 2)
    exact = flow.field(torch.rand(1, 1, 4, 4), keypoints, displacements)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(flow.field(torch.rand(1, 1, 4, 4), keypoints, displacements), exact)
