"""Synchrony: whether a discriminator that has learned pairs finds that a frame belongs to its own sound."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.metric import Events, Metric

Floats = npt.NDArray[np.float64]


class Synchrony(NamedTuple):
    """Logits of belonging together, of one recording's frames [shape=(n,) each].

    Attributes:
        matched: With their own sound.
        early: With the sound half a second before it; NaN where there is none.
        late: With the sound half a second after it; NaN where there is none.
        fps: Frames a second.
    """

    matched: Floats
    early: Floats
    late: Floats
    fps: float


def sync_score(synchrony: Synchrony) -> Events | None:
    """Return for each frame how many of the shifted sounds its own one beats, as a share; ties count half.

    Forced choice between a sound and a shifted one, as SyncNet's (Chung and Zisserman 2016). None where the
    recording is too short to be shifted.
    """
    matched = synchrony.matched[:, None]
    shifted = np.stack([synchrony.early, synchrony.late], 1)
    there = np.isfinite(shifted)
    won = ((matched > shifted) + (matched == shifted) / 2) * there
    count = there.sum(1)
    frames = np.flatnonzero(count)
    return Events(frames / synchrony.fps, won[frames].sum(1) / count[frames]) if len(frames) else None


METRICS: Final[tuple[Metric[Synchrony, Events | None], ...]] = (
    Metric(
        "sync", "sync score", "", "high", 3,
        "Share of frames that the discriminator matches with their own sound rather than with the sound "
        "half a second away; 0.5 is chance.",
        "sync", sync_score, of_footage=True,
    ),
)  # fmt: skip
