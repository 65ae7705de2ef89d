"""A video of frames and samples at hand."""

from pathlib import Path

import av
import numpy as np

from apvg_core.media.audio import open_song
from apvg_core.media.synthetic_video import synthetic_video
from apvg_core.media.video import read_frames
from apvg_core.units import SAMPLE_RATE


def test_it_has_the_frames_and_the_sound_and_says_that_it_is_synthetic(tmp_path: Path) -> None:
    path, sound = tmp_path / "video.mp4", np.zeros(SAMPLE_RATE // 2, np.int16)
    with synthetic_video(path, sound, fps=10, width=32, height=16) as writer:
        for grey in range(0, 250, 50):
            writer.write(np.full((16, 32, 3), grey, np.uint8))
    frames = list(read_frames(path, 10))
    np.testing.assert_allclose([frame.mean() for frame in frames], range(0, 250, 50), atol=3)
    with open_song(path) as song:
        assert song.duration == 0.5
    with av.open(str(path)) as container:
        assert container.metadata["synthetic"] == "true"
