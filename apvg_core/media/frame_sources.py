"""Sources of a recording's frames: a video, a player's strip of one, or a sequence of images."""

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
"""Share of an image's duration by which a frame may be early: rounding of the division."""

_SHRINKING: Final = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


@dataclass(frozen=True)
class VideoFrames:
    """Frames of a video, or of one of the players who stand side by side in it.

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
        """Time of frame 0 in seconds of the sound: here both share a clock."""
        return 0.0

    def files(self) -> list[Path]:
        """Returns the files that the frames are read from."""
        return [self.path]

    def probe(self) -> VideoInfo:
        """Read the properties of the frames.

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
        """Read frames `first` to `stop` - 1 (or the last) of those at `fps` a second.

        Yields:
            Frames [shape=(h, w, 3), uint8, RGB].

        Raises:
            MediaError: See `video.read_frames`.
        """
        for frame in read_frames(self.path, fps, first=first, stop=stop):
            left, right = self._edges(frame.shape[1])
            yield frame[:, left:right]

    def sample(self, count: int) -> Iterator[npt.NDArray[np.uint8]]:
        """Read about `count` frames spread over the video, without decoding all of it.

        Yields:
            Frames [shape=(h, w, 3), uint8, RGB].

        Raises:
            MediaError: See `video.sample_frames`.
        """
        for frame in sample_frames(self.path, count):
            left, right = self._edges(frame.shape[1])
            yield frame[:, left:right]

    def _edges(self, width: int) -> tuple[int, int]:
        """Returns the columns at which the player's strip begins and ends."""
        index, players = self.share
        return index * width // players, (index + 1) * width // players


@dataclass(frozen=True)
class ImageSequence:
    """Images taken at equal distances in time.

    Attributes:
        paths: The images, in their order.
        fps: Images a second.
        start: Time of image 0 in seconds of the sound.
    """

    paths: tuple[Path, ...]
    fps: float
    start: float

    def __post_init__(self) -> None:
        assert self.paths
        assert self.fps > 0

    def files(self) -> list[Path]:
        """Returns the files that the frames are read from."""
        return list(self.paths)

    def probe(self) -> VideoInfo:
        """Read the properties of the frames; the first image is decoded, and the last lasts as long as any.

        Raises:
            MediaError: The first image is missing or damaged.
        """
        height, width, _ = read_image(self.paths[0]).shape
        duration = len(self.paths) / self.fps
        return VideoInfo(width=width, height=height, fps=self.fps, duration=duration, has_audio=False)

    def frames(self, fps: float, first: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """Read frames `first` to `stop` - 1 (or the last) of those at `fps` a second.

        Frame i is the last image that was taken by i / fps seconds after the first one. There are
        max(1, round(duration * fps)) frames; only the images that they need are decoded.

        Yields:
            Frames [shape=(h, w, 3), uint8, RGB].

        Raises:
            MediaError: An image is missing, damaged, or of another size than the first.
        """
        if stop is None:
            stop = max(1, round(len(self.paths) / self.fps * fps))
        current, image = 0, read_image(self.paths[0])
        size = image.shape
        for frame in range(first, stop):
            index = min(int(frame * self.fps / fps + _TICK), len(self.paths) - 1)
            if index != current:
                current, image = index, read_image(self.paths[index])
            if image.shape != size:
                raise MediaError(
                    f"{self.paths[index]} has another size than {self.paths[0].name}; scale it, or remove "
                    "it and its sound."
                )
            yield image

    def sample(self, count: int) -> Iterator[npt.NDArray[np.uint8]]:
        """Read at least `count` of the images (or all) at equal distances.

        Yields:
            Images [shape=(h, w, 3), uint8, RGB].

        Raises:
            MediaError: An image is missing or damaged.
        """
        step = max(1, len(self.paths) // count)
        yield from (read_image(path) for path in self.paths[::step])


FrameSource = VideoFrames | ImageSequence


def read_image(path: Path, *, shrink: int = 1) -> npt.NDArray[np.uint8]:
    """Read an image file.

    Args:
        path: A JPEG or PNG.
        shrink: Factor by which the image is reduced: 1, 2, 4 or 8; a reduced JPEG is decoded much faster.

    Returns:
        The image, upright [shape=(h, w, 3), uint8, RGB].

    Raises:
        MediaError: The file is missing, damaged or no image.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror}); check its name and permissions."
        ) from error
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), _SHRINKING[shrink]) if data else None
    except cv2.error:  # for example, more pixels than OpenCV takes
        image = None
    if image is None:
        raise MediaError(f"{path} is damaged or not an image; copy it again, or remove it and its sound.")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
