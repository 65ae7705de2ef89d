"""Frames that are shown twice: a film that dropped some, but whose clock goes on."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.features.background import Grey

MOVES: Final = 0.1
"""Least mean difference, in grey levels, from one frame to the next in which something moves."""

HELD: Final = 0.1
"""Share of the steps before and after, below which a frame is the one before once more."""


def steps_of(frames: Sequence[Grey]) -> npt.NDArray[np.float64]:
    """Mean differences between neighbouring frames, small images, in grey levels [shape=(frames-1,)]."""
    return np.array(
        [np.abs(a.astype(np.int16) - b).mean() for a, b in pairwise(frames)],
        np.float64,
    )


def count_held(steps: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Count the steps between frames in which something moves, and those in which all stands still for one.

    A player who rests stands still for longer, and starts and stops slowly.

    Args:
        steps: From `steps_of` [shape=(n,)].

    Returns:
        Steps that move, and held ones: each between two that move, and less than `HELD` of either.
    """
    if len(steps) < 3:
        return int((steps >= MOVES).sum()), 0
    around = np.minimum(steps[:-2], steps[2:])
    held = (around >= MOVES) & (steps[1:-1] <= HELD * around)
    return int((steps >= MOVES).sum()), int(held.sum())
