"""Coarse frames of a few moments, kept by `evaluate` for the report, which has neither networks nor runs."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.drawing.images import to_images

COUNT: Final = 6
"""Frames of a recording that are kept."""

BEGINNING_S: Final = 12.0
"""They are spread over so many seconds of its beginning."""

Images = dict[int, npt.NDArray[np.uint8]]
"""Images by their frame's index [shape=(h, w, 3) each, RGB]."""


def evenly_spaced(frames: int, count: int) -> list[int]:
    """Return the middle frames of `count` equal parts of a stretch of frames."""
    return [int((k + 0.5) / count * frames) for k in range(count)]


def sampled_frames(frames: int, fps: float) -> list[int]:
    """Return the indices of the frames to keep, the same for every method.

    Args:
        frames: Number of frames of the recording.
        fps: Frames a second.
    """
    return evenly_spaced(min(frames, round(BEGINNING_S * fps)), COUNT)


class CoarseSampler:
    """Collects some of the coarse frames that go by.

    Args:
        frames: Indices of the frames to keep.

    Attributes:
        images: The frames kept so far; empty where the method has no coarse video.
    """

    def __init__(self, frames: list[int]) -> None:
        self.images: Images = {}
        self._wanted = set(frames)
        self._next = 0

    def add(self, coarse: npt.NDArray[np.float32] | None, count: int) -> None:
        """Take the next frames.

        Args:
            coarse: (count, 3, h, w) in [0, 1]; None where the method has no coarse video.
            count: Number of frames.
        """
        for k in range(count):
            if coarse is not None and self._next + k in self._wanted:
                self.images[self._next + k] = to_images(coarse[k]).transpose(1, 2, 0)
        self._next += count


def to_png(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Encode an RGB image (h, w, 3) without loss [shape=(bytes,)]."""
    return np.asarray(cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1], np.uint8)


def from_png(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Decode an RGB image (bytes,) [shape=(h, w, 3)].

    Raises:
        ValueError: It is damaged.
    """
    image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("a coarse frame is damaged")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
