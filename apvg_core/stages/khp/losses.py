"""Eqs. 2 and 3, the losses of keypoint prediction.

Axes: n frames (of whatever sequences), p joints, h and w a map's.
"""

from torch import Tensor


def visible_frames(visible_np: Tensor) -> Tensor:
    """Count the frames with any visible joint, of (n, 60): what Eqs. 2 and 3 are averaged over, if not 0."""
    return visible_np.any(1).sum().float()


def coordinate_loss(
    predicted_np2: Tensor, real_np2: Tensor, visible_np: Tensor, count: Tensor | float
) -> Tensor:
    """Eq. 2: ‖K_pred − K_real‖₂ of a frame's visible joints, averaged over `count` frames.

    A missed joint carries no loss, nor does a frame without joints. The small constant under the root keeps
    the gradient finite where prediction and truth agree.

    Args:
        predicted_np2: Predicted keypoints, (n, 60, 2).
        real_np2: Real keypoints, (n, 60, 2).
        visible_np: Joints that were seen, (n, 60) bool.
        count: Number of frames [shape=()].

    Returns:
        The loss [shape=()].
    """
    difference = (predicted_np2 - real_np2) * visible_np[..., None]
    norms = (difference.square().flatten(1).sum(1) + 1e-12).sqrt()
    return (norms * visible_np.any(1)).sum() / count


def heatmap_loss(predicted_n1hw: Tensor, real_n1hw: Tensor, count: Tensor | float) -> Tensor:
    """Eq. 3: ‖H_pred − H_real‖₁ of visible joints' maps, summed over pixels, averaged over `count` frames.

    Args:
        predicted_n1hw: Predicted heatmaps of visible joints, (n, 1, h, w).
        real_n1hw: Real ones, likewise.
        count: Number of frames [shape=()].

    Returns:
        The loss [shape=()].
    """
    return (predicted_n1hw - real_n1hw).abs().sum() / count
