"""Straight things that a player moves, such as a bow: where they are follows from the keypoints."""

import torch
from torch import Tensor, nn

from apvg_core.skeleton import NUM_JOINTS

HIDDEN = 128
WIDTHS = (0.01, 0.05)
"""How near to a line a place must be to be told that it is on it, in widths of the picture."""

MAPS_A_LINE = 1 + len(WIDTHS)


class PoseLines(nn.Module):
    """At each place of the picture, how far it is from each of a few lines that the keypoints place.

    Convolutions look around themselves: half a picture away from the hand that holds it, they do not see how
    a bow is held. A line reaches as far as it has to. Which lines are of use is learned.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.place = nn.Sequential(nn.Linear(2 * NUM_JOINTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 3 * count))

    def reset(self) -> None:
        """Through the middle of the picture, in all directions: what training starts from."""
        last = self.place[-1]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, std=0.01)
        angles = torch.arange(self.count) * torch.pi / self.count
        with torch.no_grad():
            last.bias.copy_(torch.stack([angles.cos(), angles.sin(), 0 * angles], 1).flatten())

    def forward(self, keypoints_np2: Tensor, height: int, width: int) -> Tensor:
        """The distances from the lines, and how much a place is on each of them, by width of the line.

        Args:
            keypoints_np2: In [0, 1].
            height: Of the maps.
            width: Of the maps.

        Returns:
            (n, 3 count, height, width): signed distances in widths of the picture, then in [0, 1].
        """
        placed = self.place((keypoints_np2 - 0.5).flatten(1)).float().unflatten(1, (self.count, 3))
        normal = placed[..., :2] / placed[..., :2].square().sum(2, keepdim=True).add(1e-6).sqrt()
        x = (torch.arange(width, device=placed.device) + 0.5) / width - 0.5
        y = (torch.arange(height, device=placed.device) + 0.5) / height - 0.5
        across, down, offset = (part[..., None, None] for part in (*normal.unbind(2), placed[..., 2]))
        distances = across * x + down * y[:, None] + offset
        return torch.cat([distances, *(torch.exp(-0.5 * (distances / w).square()) for w in WIDTHS)], 1)
