"""Moving an image's pixels along a flow."""

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(image_bchw: Tensor, flow_bt2hw: Tensor) -> Tensor:
    """Move an image along each of t flows: every pixel shows what lies where its flow points to.

    Args:
        image_bchw: The image, (b, c, h, w), read between its pixels bilinearly; its border goes on outside.
        flow_bt2hw: The ways to the right and down, in pixels, (b, t, 2, h', w').

    Returns:
        (b, t, c, h', w'), in float32: less than that cannot tell the far pixels of a wide image apart.
    """
    frames, _, height, width = flow_bt2hw.shape[1:]
    x = torch.arange(width, device=flow_bt2hw.device).expand(height, width)
    y = torch.arange(height, device=flow_bt2hw.device)[:, None].expand(height, width)
    pixels_bthw2 = flow_bt2hw.permute(0, 1, 3, 4, 2).float() + torch.stack([x, y], -1)
    last = torch.stack([torch.arange(n, device=x.device)[-1] for n in image_bchw.shape[:-3:-1]])
    # One tall image, so that what it is read from need not be copied t times. PyTorch on a CPU would read
    # the copies in parallel; a batch of several it does.
    positions = (2 * pixels_bthw2 / last - 1).flatten(1, 2)
    moved = F.grid_sample(image_bchw.float(), positions, padding_mode="border", align_corners=True)
    return moved.unflatten(2, (frames, height)).transpose(1, 2)
