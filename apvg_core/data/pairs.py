"""Pairs of a frame and its sound, each of another moment: what tells which sound belongs to which frame."""

from dataclasses import dataclass

from torch import Tensor

from apvg_core.data.windows import Batch
from apvg_core.units import WINDOW_SECONDS


@dataclass(frozen=True)
class Pairs:
    """Frames and sounds of m moments.

    Attributes:
        frames: (m, size, size, 3) uint8.
        windows: CQT windows in dB, (m, 84, 87).
        apart: Moments of one performer that are of different recordings, or at least a window apart, (m, m)
            bool. Of two performers other things than the playing tell which sound is whose.
    """

    frames: Tensor
    windows: Tensor
    apart: Tensor


def as_pairs(batch: Batch, fps: float) -> Pairs:
    """Take the moments of a batch of single frames."""
    assert batch.frames is not None
    far = (batch.start[:, None] - batch.start).abs() >= WINDOW_SECONDS * fps
    other = batch.shard[:, None] != batch.shard
    same_performer = batch.performer[:, None] == batch.performer
    return Pairs(batch.frames[:, 0], batch.windows[:, 0], (far | other) & same_performer)
