"""Choice of the channels that become mono."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.media.samples import Block

CANCELLED_DB: Final = -17.0
"""The mean of channels that have nothing in common is less loud than they are; this far below that (dB) it
has cancelled. For two channels it is 20 dB below theirs."""


def choose_channel(blocks: Iterable[Block]) -> int | None:
    """Returns the index of the loudest channel if the mean of all channels nearly cancels, else None.

    Channels are in opposite phase where a balanced line was recorded as stereo, or a plug was soldered
    the wrong way round.

    Args:
        blocks: The song [shape=(n, channels), float32 each].
    """
    count, sums, squares = 0, np.zeros(1), np.zeros(1)
    for block in blocks:
        channels = np.ascontiguousarray(block.T, np.float64)
        signals = np.vstack([channels, channels.mean(axis=0)])  # the mean comes last
        count += len(block)
        sums = sums + signals.sum(axis=1)
        squares = squares + np.square(signals).sum(axis=1)
    powers = squares / count - np.square(sums / count)  # without direct current, which is not heard
    return _loudest_if_cancelled(powers[:-1], powers[-1])


def _loudest_if_cancelled(channels: npt.NDArray[np.float64], mean: float) -> int | None:
    """Compare the power of each channel [shape=(channels,)] with that of their mean."""
    unrelated = channels.mean() / len(channels)
    return int(channels.argmax()) if mean < 10 ** (CANCELLED_DB / 10) * unrelated else None
