"""Maps of pitch over time, in which every bin is seen beside its harmonics.

Axes: b batch, f bins, c columns, m maps, k harmonics.
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHIFTS: Final = (-12, 0, 12, 19, 24, 28, 31)
"""Semitones from a bin to its octave below, itself, and its harmonics 2 to 6."""

WIDTH: Final = 2
"""Maps of the first convolution for each of the second."""

STRIDE: Final = 4
"""Columns that become one."""


class Harmonics(nn.Module):
    """Convolutions over pitch and time that see every bin beside its harmonics.

    Harmonic stacking as of Bittner et al. 2017 ("Deep salience representations"): copies of the spectrum,
    shifted by the harmonics' intervals, are the channels. So a small kernel can tell a note by its overtones,
    and what it has learned of one pitch holds for all of them, whatever else sounds.

    Args:
        maps: How many maps.
    """

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.stacked = nn.Conv2d(len(SHIFTS), WIDTH * maps, (3, 5), stride=(1, STRIDE), padding=(1, 2))
        self.maps = nn.Conv2d(WIDTH * maps, maps, 3, padding=1)

    def forward(self, windows_bfc: Tensor) -> Tensor:
        """Turn windows (b, 84, 87), centred at about 0, to maps [shape=(b, maps * 84, 22)].

        Above and below the bins there is nothing, which is 0.
        """
        bins = windows_bfc.shape[1]
        padded = F.pad(windows_bfc, (0, 0, -SHIFTS[0], SHIFTS[-1]))
        first = [shift - SHIFTS[0] for shift in SHIFTS]
        stack_bkfc = torch.stack([padded[:, low : low + bins] for low in first], 1)
        # channels last: in this order convolutions on a CPU take half as long
        stack_bkfc = stack_bkfc.contiguous(memory_format=torch.channels_last)
        return torch.relu(self.maps(torch.relu(self.stacked(stack_bkfc)))).flatten(1, 2)
