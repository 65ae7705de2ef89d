"""Finds the hands in an image of hands, by MediaPipe Hands.

Holistic looks for a hand only where the body's landmarks let it expect one; this one has a detector of palms.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from apvg_core.features.mediapipe_api import mediapipe_api
from apvg_core.features.mediapipe_guards import ascii_locale, discarded_stderr

MIN_PALM: Final = 0.2
"""Least confidence of the palm detector. Its hands are chosen by their position, so it may be bold."""

MIN_PRESENCE: Final = 0.3
"""Least confidence of the joints that are then fitted to the palm's image."""

MOST_HANDS: Final = 2


@dataclass(frozen=True)
class FoundHand:
    """A hand in an image.

    Attributes:
        joints: (21, 2), x right and y down in [0, 1] of the image, or a little outside.
        leftness: Probability that it is the player's left hand, in [0, 1].
    """

    joints: npt.NDArray[np.float64]
    leftness: float


class HandFinder(Protocol):
    """Finds hands in an image that shows little else."""

    def __call__(self, image: npt.NDArray[np.uint8]) -> list[FoundHand]:
        """Find the hands in `image` [shape=(h, w, 3), RGB]."""

    def close(self) -> None:
        """Release the finder's threads and memory."""


class MediaPipeHands:
    """MediaPipe Hands (models "full"), each image by itself.

    Whatever is written to the process's standard error during a call is lost (see `mediapipe_guards`).
    """

    def __init__(self) -> None:
        with discarded_stderr(), ascii_locale():
            self._hands = mediapipe_api().Hands(most=MOST_HANDS, min_palm=MIN_PALM, min_presence=MIN_PRESENCE)
            # Its threads start up, and write, in their own time; the first answer says that they are done.
            self._hands(np.zeros((64, 64, 3), np.uint8))

    def __call__(self, image: npt.NDArray[np.uint8]) -> list[FoundHand]:
        """Find the hands in `image` [shape=(h, w, 3), RGB]."""
        with discarded_stderr():
            hands = self._hands(np.ascontiguousarray(image))
        return [
            FoundHand(np.array([(mark.x, mark.y) for mark in marks], np.float64), float(leftness))
            for marks, leftness in hands
        ]

    def close(self) -> None:
        """Release the finder's threads and memory."""
        with discarded_stderr():
            self._hands.close()
