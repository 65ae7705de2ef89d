"""Stills of a video, small, as drawings show them."""

from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.media.isolate import run_isolated
from apvg_core.media.video import read_frames
from apvg_core.progress import Progress

Image = npt.NDArray[np.uint8]


def read_stills(video: Path, fps: float, frames: Collection[int], width: int) -> dict[int, Image]:
    """Read some frames of a video, in a process of its own.

    Args:
        video: The video.
        fps: The rate at which its frames are counted.
        frames: The frames that are wanted.
        width: Pixels that the images are wide.

    Returns:
        An image of each frame that the video has [shape=(h, width, 3), RGB].

    Raises:
        MediaError: The video cannot be read.
    """
    return run_isolated(_read, video, fps, frames, width, path=video)


def _read(
    video: Path, fps: float, frames: Collection[int], width: int, *, progress: Progress
) -> dict[int, Image]:
    del progress  # it takes less time than what was done with the video before
    images = read_frames(video, fps, stop=max(frames) + 1)
    return {number: _small(image, width) for number, image in enumerate(images) if number in frames}


def _small(image: Image, width: int) -> Image:
    height = max(1, round(width * image.shape[0] / image.shape[1]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
