"""Pixels along a flow."""

import torch

from apvg_core.layers.warp import warp


def test_warping_by_hand() -> None:
    image = torch.tensor([[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]]])
    flows = torch.zeros(1, 2, 2, 3, 4)  # of two frames the first moves nothing
    flow = flows[0, :, 1]
    flow[0, 0, 0] = 2.0  # two to the right
    flow[1, 0, 1] = 1.0  # one down
    flow[:, 0, 2] = torch.tensor([-0.5, 0.25])  # between four pixels
    flow[:, 2, 3] = 9.0  # beyond the corner
    expected = image.clone()
    expected[0, 0, 0, :3] = torch.tensor([2.0, 5.0, 1.5 + 0.25 * 4])
    torch.testing.assert_close(warp(image, flows), torch.stack([image, expected], 2))
