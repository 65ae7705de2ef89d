"""The sound of a shard, as if it were a song, and its pitch."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.features.loudness import normalising_gain
from apvg_core.features.pitch import Pitch, track_pitch
from apvg_core.instruments import RANGES
from apvg_core.units import SAMPLE_RATE

SOUND_BLOCK: Final = 10 * SAMPLE_RATE


def sound_of(shard: Shard) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the recording's sound as if it were a song, mono, 44.1 kHz [shape=(samples,) a block]."""
    sound = shard.audio()
    for start in range(0, len(sound), SOUND_BLOCK):
        yield sound[start : start + SOUND_BLOCK].astype(np.float32) / 2**15


def pitch_of(shard: Shard) -> Pitch:
    """Track the pitch at the frames of a shard.

    Raises:
        ShardError: The shard is damaged.
        DependencyError: The tracker is missing.
    """
    gain = np.float32(normalising_gain(sound_of(shard)))
    return track_pitch(
        (block * gain for block in sound_of(shard)),
        count=len(shard), fps=shard.info.fps, offset=shard.info.window_offset,
        within=RANGES.get(shard.info.instrument),
    )  # fmt: skip
