"""Result of a validation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Validation:
    """Result of the network that would generate on held-out footage.

    Attributes:
        loss: The weighted sum of the losses; the lowest one is the best.
        losses: The losses, and what else was measured, by name.
        image: A sample to view, (h, w, 3).
    """

    loss: float
    losses: dict[str, float]
    image: npt.NDArray[np.uint8]
