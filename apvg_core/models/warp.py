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
    x = torch.arange(width, device=flow_b2hw.device).expand(height, width)
    y = torch.arange(height, device=flow_b2hw.device)[:, None].expand(height, width)
    pixels_bhw2 = flow_b2hw.permute(0, 2, 3, 1).float() + torch.stack([x, y], -1)
    last = torch.stack([x[-1, -1], y[-1, -1]])
    places_bhw2 = 2 * pixels_bhw2 / last - 1
    return F.grid_sample(picture_bchw.float(), places_bhw2, padding_mode="border", align_corners=True)
