"""The differentiable landmark transformer: Eq. 1 of the paper, and its reverse."""

import torch
from torch import Tensor


def _corners(keypoints_bp2: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Find the four pixels around each keypoint, and its tent weight in each.

    Pixel convention: pixel i covers [i, i + 1) / width, so its centre is (i + 1/2) / width and a
    keypoint at x lies at x * width - 1/2 in pixels.

    Returns:
        Flat pixel indices (b, 4, p), clamped into the map, and weights (b, 4, p), 0 outside of it.
    """
    x = keypoints_bp2[..., 0] * width - 0.5
    y = keypoints_bp2[..., 1] * height - 0.5
    left, top = x.detach().floor(), y.detach().floor()
    indices, weights = [], []
    for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
        weight = (1 - (column - x).abs()) * (1 - (row - y).abs())
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        weights.append(weight * inside)
        indices.append(_index(row, height) * width + _index(column, width))
    return torch.stack(indices, 1), torch.stack(weights, 1)


def _index(pixel: Tensor, size: int) -> Tensor:
    """Turn a whole number into an index of the map; an integer is exact, whatever precision the network has.

    A keypoint that is not a number has weights that are none, so that the loss tells; but it has pixels.
    """
    inside = pixel.clamp(0, size - 1)
    return torch.where(inside == inside, inside, 0.0).long()


def splat(keypoints_bp2: Tensor, height: int, width: int, values_bpc: Tensor) -> Tensor:
    """Add values (b, p, c) of keypoints (b, p, 2) to the four pixels around [shape=(b, c, height, width)].

    With the value 1 this is Eq. 1. It costs four pixels a keypoint.
    """
    batch, _, channels = values_bpc.shape
    indices_bkp, weights_bkp = _corners(keypoints_bp2, height, width)
    spread = weights_bkp[:, None] * values_bpc.transpose(1, 2)[:, :, None]  # (b, c, 4, p)
    pixels = indices_bkp.flatten(1)[:, None].expand(-1, channels, -1)
    canvas = spread.new_zeros(batch, channels, height * width)
    return canvas.scatter_add(2, pixels, spread.flatten(2)).unflatten(2, (height, width))


def gather(features_bchw: Tensor, keypoints_bp2: Tensor) -> Tensor:
    """Read maps (b, c, h, w) at keypoints (b, p, 2), bilinearly [shape=(b, p, c)]; `splat`'s transpose."""
    height, width = features_bchw.shape[2:]
    indices_bkp, weights_bkp = _corners(keypoints_bp2, height, width)
    flat = features_bchw.flatten(2)
    pixels = indices_bkp.flatten(1)[:, None].expand(-1, flat.shape[1], -1)
    blocks = flat.gather(2, pixels).unflatten(2, (4, -1))  # (b, c, 4, p)
    return (blocks * weights_bkp[:, None]).sum(2).transpose(1, 2)


def heatmap(
    keypoints_bp2: Tensor, height: int, width: int, *, alpha: float = 1.0, visible_bp: Tensor | None = None
) -> Tensor:
    """Compute Eq. 1: one map of all keypoints [shape=(b, 1, height, width)].

    H[j, i] = Σ_s α · max(0, 1 - |i - x_s|) · max(0, 1 - |j - y_s|), with x_s and y_s in pixels of the map.
    As printed, Eq. 1 also sums over the pixels and would be one number; the map is what is meant.

    Args:
        keypoints_bp2: In [0, 1], x right, y down, (b, p, 2); parts outside the map are lost.
        height: Rows of the map.
        width: Columns of the map.
        alpha: The paper's intensity factor.
        visible_bp: Joints that leave a mark, (b, p) bool; None: all.
    """
    values = torch.full_like(keypoints_bp2[..., :1], alpha)
    if visible_bp is not None:
        values = values * visible_bp[..., None]
    return splat(keypoints_bp2, height, width, values)


def heatmaps(keypoints_btp2: Tensor, height: int, width: int) -> Tensor:
    """Compute Eq. 1 for sequences (b, t, 60, 2) [shape=(b, t, 1, height, width)]."""
    return heatmap(keypoints_btp2.flatten(0, 1), height, width).unflatten(0, keypoints_btp2.shape[:2])
