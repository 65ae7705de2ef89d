"""Looking ahead: a network that hears what follows gives its answers later."""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HORIZON_FRAMES: Final = 4
"""Later frames that the lookahead hears besides the present one, evenly up to its end."""


class Lookahead(nn.Conv1d):
    """Sums up what follows: a convolution over a frame's feature and `HORIZON_FRAMES` later ones.

    A player breathes before a phrase, and a bow begins as its stroke will be long. After the idea of the row
    convolution of Wang et al. 2016.

    Args:
        features: Size of a frame's feature.
        frames: How far it looks.
    """

    def __init__(self, features: int, frames: int) -> None:
        super().__init__(features, features, HORIZON_FRAMES + 1, dilation=frames // HORIZON_FRAMES)

    def hear(self, features_btk: Tensor, waiting_blk: Tensor) -> tuple[Tensor, Tensor]:
        """Go one block of t frames further.

        Args:
            features_btk: The block's features, (b, t, k).
            waiting_blk: Those that wait for what follows them, (b, frames, k).

        Returns:
            Features with what follows them (b, t, 2 k), of the frames `frames` before the block's, and those
            that wait next.
        """
        heard = torch.cat([waiting_blk, features_btk], 1)
        frames = features_btk.shape[1]
        following = F.relu(self(heard.transpose(1, 2))).transpose(1, 2)
        return torch.cat([heard[:, :frames], following], 2), heard[:, frames:]
