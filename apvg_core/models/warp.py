"""Moving a picture's pixels along a flow."""

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(picture_bchw: Tensor, flow_b2hw: Tensor) -> Tensor:
    """The picture that shows at every pixel what lay where its flow points to, between pixels bilinearly.

    Args:
        picture_bchw: What is moved; beyond its border lies the border.
        flow_b2hw: How far to the right and how far down to look, in pixels.

    Returns:
        The picture's shape, in float32: less than that cannot tell the far pixels of a wide picture apart.
    """
    height, width = picture_bchw.shape[-2:]
    right, down = flow_b2hw.float().unbind(1)
    x = right + torch.arange(width, device=right.device)
    y = down + torch.arange(height, device=down.device)[:, None]
    places_bhw2 = torch.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], -1)
    return F.grid_sample(picture_bchw.float(), places_bhw2, padding_mode="border", align_corners=True)
