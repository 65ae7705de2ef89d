"""Masking of bands and of moments of what is heard, against reliance on any one of them.

SpecAugment (Park et al. 2019) of a sequence's CQT windows. They overlap, so a moment is masked in all windows
that hear it, which masks of single spectrograms (torchaudio's) do not do.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

SPAN_S: Final = 1.0
"""Seconds, of which `share` is the longest moment that is masked."""

EVERY_S: Final = 2.0
"""Seconds of a sequence for each such moment."""


def masked(
    windows_btfc: Tensor,
    share: float,
    columns_per_s: float,
    fps: float,
    generators: Sequence[torch.Generator],
) -> Tensor:
    """Replace a band of bins and some moments of each sequence by its mean.

    Args:
        windows_btfc: CQT windows of consecutive frames (b, t, bins, columns).
        share: The widest band's share of the bins, and the longest moment's of a second.
        columns_per_s: Columns a second of a window.
        fps: Windows a second.
        generators: One a sequence; they draw what is masked.

    Returns:
        Likewise, a copy.
    """
    _, frames, bins, columns = windows_btfc.shape
    first = torch.arange(frames) * columns_per_s / fps
    times_tc = (first[:, None] + torch.arange(columns)) / columns_per_s
    seconds = float(times_tc[-1, -1])
    hidden = []
    for generator in generators:
        width, place = torch.rand(2, generator=generator)
        low = place * bins * (1 - share * width)
        index = torch.arange(bins)
        band_f = (index >= low) & (index < low + share * width * bins)
        lengths, places = torch.rand(2, int(seconds / EVERY_S) + 1, generator=generator)
        starts = places * seconds
        times = times_tc[..., None]
        moments_tc = ((times >= starts) & (times < starts + share * SPAN_S * lengths)).any(-1)
        hidden.append(band_f[None, :, None] | moments_tc[:, None])
    mask = torch.stack(hidden).to(windows_btfc.device)
    return torch.where(mask, windows_btfc.mean((1, 2, 3), keepdim=True), windows_btfc)
