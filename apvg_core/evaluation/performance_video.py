"""The video of a run's performance of a recording, with the recording's sound."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import Shard
from apvg_core.evaluation.predictors import Prediction
from apvg_core.media.synthetic_video import synthetic_video
from apvg_core.media.video import read_frames


def record_video(performance: Iterator[Prediction], path: Path, shard: Shard) -> Iterator[Prediction]:
    """Pass a performance on, and write it to an mp4 as it goes by; none is written of one without images."""
    first = next(performance)
    performance = chain([first], performance)
    if first.frames is None:
        yield from performance
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    size = shard.info.size
    with synthetic_video(path, shard.audio(), fps=shard.info.fps, width=size, height=size) as writer:
        for prediction in performance:
            assert prediction.frames is not None
            for frame in prediction.frames:
                writer.write(frame)
            yield prediction


def decode_video(
    path: Path, shard: Shard, keypoints: Sequence[npt.NDArray[np.float32] | None]
) -> Iterator[Prediction]:
    """Return a performance as its video shows it.

    Args:
        path: The video; of a run without images there is none.
        shard: The recording.
        keypoints: Those of its making, block by block [shape=(t, 60, 2) each], which the video does not hold.
    """
    if not path.exists():
        yield from (Prediction(None, block) for block in keypoints)
        return
    blocks = [block for block in keypoints if block is not None]
    joined = np.concatenate(blocks) if blocks else None
    for index, frame in enumerate(read_frames(path, shard.info.fps, stop=len(shard))):
        yield Prediction(frame[None], None if joined is None else joined[index : index + 1])
