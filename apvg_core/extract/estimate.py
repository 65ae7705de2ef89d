"""Estimates the cost of an extraction before it is done."""

from dataclasses import dataclass
from typing import Final

from apvg_core.config import ExtractConfig
from apvg_core.data.sources.recording import Recording
from apvg_core.media.video import nominal_rate

SECONDS_A_FRAME: Final = 0.055
"""Time of one core: pose estimation, and a little more for hand refinement."""

JPEG_BYTES: Final = 9_000
"""Bytes of a frame at 256 x 256."""

OTHER_BYTES: Final = 7_000
"""Bytes of a frame's share of CQT and sound, and of its keypoints."""


@dataclass(frozen=True)
class Estimate:
    """The cost of one recording.

    Attributes:
        frames: Their number.
        seconds: Time on one core.
        megabytes: Size of the shards.
    """

    frames: int
    seconds: float
    megabytes: float


def estimate(recording: Recording, config: ExtractConfig) -> Estimate:
    """Estimate the cost of a recording from its length and the size of its frames.

    Raises:
        MediaError: The images cannot be read.
    """
    video = recording.images.probe()
    frames = max(1, round(video.duration * (config.fps or nominal_rate(video.fps))))
    size = JPEG_BYTES * (config.size / 256) ** 2 + OTHER_BYTES
    return Estimate(frames, frames * SECONDS_A_FRAME, frames * size / 1e6)
