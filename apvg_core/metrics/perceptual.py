"""Perceptual distance: how far frames are apart for a network that was trained to tell what is in images."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.metric import Events, Metric

Floats = npt.NDArray[np.float64]


class Perceived(NamedTuple):
    """Perceptual distances of frames of one recording [shape=(n,) each].

    Attributes:
        times: Of the frames, in seconds.
        distances: Σ over layers of the mean absolute difference of their features, as in Eq. 7.
    """

    times: Floats
    distances: Floats


METRICS: Final[tuple[Metric[Perceived, Events], ...]] = (
    Metric(
        "perceptual_distance", "perceptual distance", "", "low", 3,
        "Differences of VGG-19's features (Johnson et al. 2016), added up over layers; two frames a second.",
        "perceptual", lambda perceived: Events(*perceived),
    ),
)  # fmt: skip
