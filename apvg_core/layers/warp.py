"""Moving an image's pixels along a flow."""

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(image_bchw: Tensor, flow_b2thw: Tensor) -> Tensor:
    """Move an image along each of t flows: every pixel shows what lies where its flow points to.

    Args:
        image_bchw: The image, (b, c, h, w), read between its pixels bilinearly; its border goes on outside.
        flow_b2thw: The ways to the right and down, in pixels, (b, 2, t, h', w').

    Returns:
        (b, c, t, h', w'), in float32: less than that cannot tell the far pixels of a wide image apart.
    """
    frames, height, width = flow_b2thw.shape[2:]
    x = torch.arange(width, device=flow_b2thw.device).expand(height, width)
    y = torch.arange(height, device=flow_b2thw.device)[:, None].expand(height, width)
    pixels_b2thw = flow_b2thw.float() + torch.stack([x, y])[:, None]
    last = torch.stack([torch.arange(n, device=x.device)[-1] for n in image_bchw.shape[:-3:-1]])
    # turned round last: of two numbers side by side a CPU's vectors would be mostly empty
    positions_bthw2 = (2 * pixels_b2thw / last[:, None, None, None] - 1).permute(0, 2, 3, 4, 1)
    # One tall image, so that what it is read from need not be copied t times. PyTorch on a CPU would read
    # the copies in parallel; a batch of several it does.
    moved = F.grid_sample(
        image_bchw.float(), positions_bthw2.flatten(1, 2), padding_mode="border", align_corners=True
    )
    return moved.unflatten(2, (frames, height))
