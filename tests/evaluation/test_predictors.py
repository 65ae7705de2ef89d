"""Predictors: videos of any other system."""

from pathlib import Path

import numpy as np
import pytest

from apvg_core.data.shards import Shard
from apvg_core.errors import MediaError
from apvg_core.evaluation.evaluate import evaluate
from apvg_core.evaluation.predictors import Prediction
from apvg_core.media.video_writer import VideoWriter
from tests.conftest import FPS, SIZE
from tests.evaluation.helpers import values


@pytest.mark.slow
def test_any_systems_films(shards: Path, run: Path, tmp_path: Path) -> None:
    videos = tmp_path / "theirs"
    videos.mkdir()
    with Shard(shards / "validation/theremin/c.h5") as shard:
        frames = shard.frames(0, len(shard))

    def film(count: int, size: int = SIZE) -> None:
        with VideoWriter(
            videos / "c.mp4", fps=FPS, width=size, height=size, song=None, metadata={}
        ) as writer:
            for frame in frames[:count, :size, :size]:
                writer.write(frame)

    film(len(frames))
    results = evaluate(shards, [], tmp_path / "results", videos=videos)
    assert results.rows[0].kind == "videos"
    assert values(results.rows[0])["psnr"] > 25  # the frames themselves, encoded
    film(len(frames) // 2)
    with pytest.raises(MediaError, match=r"c.mp4 has 10 frames .* its recording 20"):
        evaluate(shards, [], tmp_path / "results", videos=videos)
    film(len(frames), 32)
    with pytest.raises(MediaError, match=r"c.mp4 has 20 frames of 32 x 32"):
        evaluate(shards, [], tmp_path / "results", videos=videos)
    (videos / "c.mp4").write_text("hello")
    with pytest.raises(MediaError, match=r"c.mp4"):
        evaluate(shards, [], tmp_path / "results", videos=videos)
    (videos / "c.mp4").unlink()
    with pytest.raises(MediaError, match=r"c.mp4"):
        evaluate(shards, [], tmp_path / "results", videos=videos)


def test_a_prediction_is_as_long_as_what_it_has() -> None:
    frames, keypoints = np.zeros((3, 4, 4, 3), np.uint8), np.zeros((2, 60, 2), np.float32)
    assert [len(Prediction(*each)) for each in ((frames, None), (None, keypoints), (None, None))] == [3, 2, 0]
