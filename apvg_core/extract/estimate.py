"""What an extraction will cost, before it is done."""

from dataclasses import dataclass
from typing import Final

from apvg_core.data.sources.recording import Recording
from apvg_core.media.video import nominal_rate

SECONDS_A_FRAME: Final = 0.055
"""Of one core: the pose estimator, and a little more for hands looked at twice."""

BYTES_A_FRAME: Final = 16_000
"""Of a shard at 256 x 256: the JPEG, its share of CQT and sound, the keypoints."""


@dataclass(frozen=True)
class Estimate:
    """The cost of one recording.

    Attributes:
        frames: How many.
        seconds: Of one core.
        megabytes: Of shards.
    """

    frames: int
    seconds: float
    megabytes: float


def estimate(recording: Recording, fps: float | None) -> Estimate:
    """Guess the cost of a recording from its length.

    Raises:
        MediaError: The pictures cannot be read.
    """
    video = recording.pictures.probe()
    frames = max(1, round(video.duration * (fps or nominal_rate(video.fps))))
    return Estimate(frames, frames * SECONDS_A_FRAME, frames * BYTES_A_FRAME / 1e6)
