"""The images of a recording: a film, a player's strip of one, or a folder's worth of images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.errors import MediaError
from apvg_core.media.video import VideoInfo, probe, read_frames, sample_frames

_TICK: Final = 1e-6
"""Share of an image by which a frame may be early and still show it: what division rounds off."""

_SHRINKING: Final = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


@dataclass(frozen=True)
class VideoFrames:
    """The images of a video, or of one of the players who stand side by side in it.

    Attributes:
        path: The video.
        share: (k, n): the k-th, from 0, of n equal vertical strips from the left.
    """

    path: Path
    share: tuple[int, int] = (0, 1)

    def __post_init__(self) -> None:
        assert 0 <= self.share[0] < self.share[1]

    @property
    def start(self) -> float:
        """The second of the sound's timeline at which frame 0 is: sound and images share a clock."""
        return 0.0

    def files(self) -> list[Path]:
        """The files the images are in."""
        return [self.path]

    def probe(self) -> VideoInfo:
        """What the frames are.

        Raises:
            MediaError: See `video.probe`.
        """
        info = probe(self.path)
        left, right = self._edges(info.width)
        return VideoInfo(
            width=right - left, height=info.height, fps=info.fps, duration=info.duration,
            has_audio=info.has_audio,
        )  # fmt: skip

    def frames(self, fps: float, first: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """Frames `first` to `stop` - 1 (or the last) of those at `fps` a second [shape=(h, w, 3), RGB].

        Raises:
            MediaError: See `video.read_frames`.
        """
        for frame in read_frames(self.path, fps, first=first, stop=stop):
            left, right = self._edges(frame.shape[1])
            yield frame[:, left:right]

    def sample(self, count: int) -> Iterator[npt.NDArray[np.uint8]]:
        """About `count` frames spread over the film, found without decoding all of it.

        Raises:
            MediaError: See `video.sample_frames`.
        """
        for frame in sample_frames(self.path, count):
            left, right = self._edges(frame.shape[1])
            yield frame[:, left:right]

    def _edges(self, width: int) -> tuple[int, int]:
        place, players = self.share
        return place * width // players, (place + 1) * width // players


@dataclass(frozen=True)
class ImageSequence:
    """Images taken at equal distances in time.

    Attributes:
        paths: The images, in their order.
        fps: Images a second.
        start: The second of the sound's timeline at which image 0 is.
    """

    paths: tuple[Path, ...]
    fps: float
    start: float

    def __post_init__(self) -> None:
        assert self.paths
        assert self.fps > 0

    def files(self) -> list[Path]:
        """The files the images are in."""
        return list(self.paths)

    def probe(self) -> VideoInfo:
        """What the frames are; the first image is decoded, and the last is shown for as long as any.

        Raises:
            MediaError: The first image is missing or damaged.
        """
        height, width, _ = read_image(self.paths[0]).shape
        duration = len(self.paths) / self.fps
        return VideoInfo(width=width, height=height, fps=self.fps, duration=duration, has_audio=False)

    def frames(self, fps: float, first: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """Frames `first` to `stop` - 1 (or the last) of those at `fps` a second [shape=(h, w, 3), RGB].

        Frame i is the last image that was there i / fps seconds after the first one. There are
        max(1, round(duration * fps)) frames; only the images that are shown are decoded.

        Raises:
            MediaError: An image is missing, damaged, or of another size than the first.
        """
        if stop is None:
            stop = max(1, round(len(self.paths) / self.fps * fps))
        shown = (0, read_image(self.paths[0]))
        size = shown[1].shape
        for frame in range(first, stop):
            index = min(int(frame * self.fps / fps + _TICK), len(self.paths) - 1)
            if index != shown[0]:
                shown = (index, read_image(self.paths[index]))
            if shown[1].shape != size:
                raise MediaError(
                    f"{self.paths[index]} has another size than {self.paths[0].name}; scale it, or take it "
                    "and its sound out."
                )
            yield shown[1]

    def sample(self, count: int) -> Iterator[npt.NDArray[np.uint8]]:
        """At most `count` of the images, at equal distances.

        Raises:
            MediaError: An image is missing or damaged.
        """
        step = max(1, len(self.paths) // count)
        yield from (read_image(path) for path in self.paths[::step])


Images = VideoFrames | ImageSequence


def read_image(path: Path, *, shrink: int = 1) -> npt.NDArray[np.uint8]:
    """An image, upright [shape=(h, w, 3), RGB].

    Args:
        path: A JPEG or PNG.
        shrink: 1, 2, 4 or 8: by how much it is to be smaller; a small JPEG is decoded much faster.

    Raises:
        MediaError: The file is missing, damaged or no image.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror}); check its name and who may read it."
        ) from error
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), _SHRINKING[shrink]) if data else None
    except cv2.error:  # for example, more pixels than OpenCV takes
        image = None
    if image is None:
        raise MediaError(f"{path} is damaged or no image; copy it anew, or take it and its sound out.")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
