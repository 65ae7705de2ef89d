from pathlib import Path

import numpy as np

from apvg_core.drawing.stills import read_stills
from apvg_core.media.video_writer import VideoWriter


def test_stills_are_the_frames_that_were_asked_for(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with VideoWriter(film, fps=10, width=64, height=32, song=None, metadata={}) as writer:
        for shade in range(0, 200, 10):
            writer.write(np.full((32, 64, 3), shade, np.uint8))
    stills = read_stills(film, 10, [3, 15, 19], 32)
    assert {frame: image.shape for frame, image in stills.items()} == dict.fromkeys((3, 15, 19), (16, 32, 3))
    assert all(abs(image.mean() - 10 * frame) < 4 for frame, image in stills.items())
