"""Where the keypoints say that each place of an image has been in another one."""

import torch
from torch import Tensor, nn

from apvg_core.skeleton import NUM_JOINTS

REACH = 0.06
"""How far from a keypoint, in widths of the image, it rules before anything is learned."""

REST = -4.0
"""What standing still weighs then, as an exponent; a keypoint weighs as much at 2.8 times its reach."""


class KeypointFlow(nn.Module):
    """Every place moves as the keypoints do that it belongs to, and which these are is learned.

    As the first order motion model (Siarohin et al. 2019, Eq. 6), without its Jacobians and with keypoints
    that are known: at each place a softmax over the joints, and over standing still, weighs their
    displacements. It begins as a Gaussian around each joint, and learns what else moves with it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.belonging = nn.Conv2d(channels, NUM_JOINTS + 1, 3, padding=1)

    def reset(self) -> None:
        """Belong to the nearest joints: what training starts from."""
        nn.init.zeros_(self.belonging.weight)
        assert self.belonging.bias is not None
        nn.init.zeros_(self.belonging.bias)

    def forward(self, features_nkhw: Tensor, keypoints_np2: Tensor, displacements_np2: Tensor) -> Tensor:
        """How far to look for what is seen here in the image where it comes from.

        Args:
            features_nkhw: What tells which place belongs to which joint.
            keypoints_np2: In [0, 1].
            displacements_np2: How much further right and down they are in the image to look at.

        Returns:
            To the right and down, in widths and heights of the image, (n, 2, h, w).
        """
        height, width = features_nkhw.shape[-2:]
        x = (torch.arange(width, device=features_nkhw.device)[:, None] + 0.5) / width
        y = (torch.arange(height, device=features_nkhw.device)[:, None, None] + 0.5) / height
        joints_x, joints_y = keypoints_np2[:, None, None].unbind(4)
        near = -((x - joints_x).square() + (y - joints_y).square()) / (2 * REACH**2)
        rest = torch.full_like(near[..., :1], REST)
        belonging = self.belonging(features_nkhw).permute(0, 2, 3, 1).float()
        weights = torch.softmax(belonging + torch.cat([near, rest], 3), 3)
        moved = weights[..., :NUM_JOINTS].flatten(1, 2) @ displacements_np2
        return moved.unflatten(1, (height, width)).permute(0, 3, 1, 2)
