"""Dense flow from an image to the reference frame, by the keypoints of both."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from apvg_core.layers.blocks import flatten_time, resized, unflatten_time
from apvg_core.skeleton import NUM_JOINTS

PRIOR_SIGMA = 0.06
"""Deviation of the Gaussian around each keypoint that is its prior weight, in widths of the image."""

REST = -4.0
"""Prior logit of standing still; a keypoint weighs as much at 2.8 times `PRIOR_SIGMA`."""


class KeypointFlow(nn.Module):
    """Every pixel moves as the keypoints do that it is assigned to; the assignment is learned.

    As the first order motion model (Siarohin et al. 2019, Eq. 6), without its Jacobians and with keypoints
    that are known: at each pixel a softmax over the joints, and over standing still, weighs their
    displacements. It begins as a Gaussian around each joint, and learns what else moves with it.

    Args:
        channels: Channels of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.assignment = nn.Conv2d(channels, NUM_JOINTS + 1, 3, padding=1)

    def reset(self) -> None:
        """Assign every pixel to the nearest joints: what training starts from."""
        nn.init.zeros_(self.assignment.weight)
        assert self.assignment.bias is not None
        nn.init.zeros_(self.assignment.bias)

    def forward(self, features_nkhw: Tensor, inputs: Mapping[str, Tensor], size: int) -> Tensor:
        """The flow of a block of frames.

        Args:
            features_nkhw: Features that tell which pixel belongs to which joint, (n, k, h, w).
            inputs: `keypoints` and `displacements`, (b, t, 60, 2).
            size: Edge of the frames in pixels.

        Returns:
            The flow in pixels of the frames, (b, t, 2, size, size).
        """
        keypoints, displacements = (flatten_time(inputs[name]) for name in ("keypoints", "displacements"))
        flow = self.field(features_nkhw, keypoints, displacements)
        return resized(size * unflatten_time(flow, len(inputs["keypoints"])), size, size)

    def field(self, features_nkhw: Tensor, keypoints_np2: Tensor, displacements_np2: Tensor) -> Tensor:
        """Compute how far from each pixel it is to be looked for in the reference frame.

        Args:
            features_nkhw: Features that tell which pixel belongs to which joint, (n, k, h, w).
            keypoints_np2: Keypoints in [0, 1], (n, 60, 2).
            displacements_np2: How much further right and down they are in the reference frame, (n, 60, 2).

        Returns:
            The way to the right and down, in widths and heights of the image, (n, 2, h, w).
        """
        height, width = features_nkhw.shape[-2:]
        x = (torch.arange(width, device=features_nkhw.device)[:, None] + 0.5) / width
        y = (torch.arange(height, device=features_nkhw.device)[:, None, None] + 0.5) / height
        joints_x, joints_y = keypoints_np2[:, None, None].unbind(4)
        near = -((x - joints_x).square() + (y - joints_y).square()) / (2 * PRIOR_SIGMA**2)
        rest = torch.full_like(near[..., :1], REST)
        logits = self.assignment(features_nkhw).permute(0, 2, 3, 1).float()
        weights = torch.softmax(logits + torch.cat([near, rest], 3), 3)
        with torch.autocast(weights.device.type, enabled=False):  # bfloat16 would round the ways
            moved = weights[..., :NUM_JOINTS].flatten(1, 2) @ displacements_np2.float()
        return moved.unflatten(1, (height, width)).permute(0, 3, 1, 2)


class NoFlow(nn.Module):
    """Nothing moves."""

    def reset(self) -> None:
        """Do nothing: there is nothing to learn."""

    def forward(self, _features_nkhw: Tensor, _inputs: Mapping[str, Tensor], _size: int) -> float:
        """Return a flow of 0, whatever the features (n, k, h, w)."""
        return 0.0
