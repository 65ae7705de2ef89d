"""The losses of images, which more than one stage uses.

Axes: n frames (of whatever sequences), h and w an image's; any further axes may stand before or between.
"""

from torch import Tensor


def pixel_loss(predicted_n3hw: Tensor, real_n3hw: Tensor) -> Tensor:
    """Eq. 4: ‖V_real − V_coarse‖₁ averaged over frames, per pixel and channel so that sizes compare.

    Args:
        predicted_n3hw: Predicted frames, (n, 3, h, w).
        real_n3hw: Real frames, likewise.

    Returns:
        The loss [shape=()].
    """
    return (predicted_n3hw - real_n3hw).abs().mean()


def squared_loss(predicted_n3hw: Tensor, real_n3hw: Tensor) -> Tensor:
    """Compute the mean squared distance, per pixel and channel: what PSNR is made of.

    By Eq. 4 it is best to leave out a bow that will be a little beside where it should be; this wants it.

    Args:
        predicted_n3hw: Predicted frames, (n, 3, h, w).
        real_n3hw: Real frames, likewise.

    Returns:
        The loss [shape=()].
    """
    return (predicted_n3hw - real_n3hw).square().mean()
