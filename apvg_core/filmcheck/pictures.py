"""Looks at the pictures of some windows of a film, in a process of its own."""

from collections.abc import Mapping, Sequence
from functools import cache
from time import monotonic
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.features.arms import ARMS
from apvg_core.features.background import Grey, small
from apvg_core.features.crop import body_of
from apvg_core.features.displacement import Displacement
from apvg_core.features.hand_refinement import video_pose_estimator
from apvg_core.features.pose import HolisticEstimator, PoseEstimator
from apvg_core.filmcheck.film import Picture, Window
from apvg_core.filmcheck.hands import look_of_hand
from apvg_core.filmcheck.held import steps_of
from apvg_core.filmcheck.people import find_other
from apvg_core.filmcheck.windows import spread_order
from apvg_core.media.frame_sources import FrameSource
from apvg_core.progress import Progress

POSES_PER_SECOND: Final = 8.0
"""Pictures a second that are looked at closely."""

SECONDS_A_WINDOW: Final = 4.0
"""Time that a window may take, on average: what is not begun when that of all is over is left out."""

LONGER_SIDE: Final = 1280
"""Pixels to which larger pictures are brought first: hands in them are large enough."""

THUMB: Final = 480
"""The same of the images that a sheet shows."""

Image = npt.NDArray[np.uint8]


def look(source: FrameSource, rate: float, windows: Sequence[range], *, progress: Progress) -> list[Window]:
    """Look at some windows of a film: at all for which there is time, spread over the film, at least at one.

    Args:
        source: The film's frames.
        rate: Frames a second at which it is read.
        windows: The frames of each, in order.
        progress: Called after each window.

    Returns:
        Those that were looked at, in order.

    Raises:
        MediaError: They cannot be decoded.
        DependencyError: MediaPipe is not installed.
    """
    follow, search = _estimators()
    stride = max(1, round(rate / POSES_PER_SECOND))
    found: dict[int, Window] = {}
    end = monotonic() + SECONDS_A_WINDOW * len(windows)
    for index in spread_order(len(windows)):
        if found and monotonic() > end:
            break
        window = windows[index]
        images: dict[float, Image] = {}
        greys: list[Grey] = []
        for frame, image in zip(window, source.frames(rate, window.start, window.stop), strict=True):
            greys.append(small(image))
            if (frame - window.start) % stride == 0:
                images[frame / rate] = _shrunk(image, LONGER_SIDE)
        pictures = _pictures(images, greys[::stride], follow)
        middle = pictures[len(pictures) // 2]
        other = find_other(images[middle.time], middle.pose, search)
        found[index] = Window(pictures, steps_of(greys), None if other is None else (middle.time, other))
        progress("look", len(found), len(windows))
    return [found[index] for index in sorted(found)]


@cache
def _estimators() -> tuple[PoseEstimator, PoseEstimator]:
    """Make the estimators that follow the player and search for others, once for all films of a process."""
    return video_pose_estimator(), HolisticEstimator(video=False)


def _pictures(images: Mapping[float, Image], greys: Sequence[Grey], follow: PoseEstimator) -> list[Picture]:
    """Look closely at a window's images, by their times, beside their small ones."""
    poses = [follow(image) for image in images.values()]
    displaced = Displacement(greys[0], body_of(poses, greys[0].shape))
    return [
        Picture(
            time, pose, (look_of_hand(image, pose, ARMS[0]), look_of_hand(image, pose, ARMS[1])),
            displaced(grey), grey, _jpeg(_shrunk(image, THUMB)),
        )
        for (time, image), grey, pose in zip(images.items(), greys, poses, strict=True)
    ]  # fmt: skip


def _shrunk(image: Image, longer: int) -> Image:
    scale = longer / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(image: Image) -> bytes:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return data.tobytes()
