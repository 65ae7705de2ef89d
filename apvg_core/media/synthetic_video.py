"""Videos of synthetic frames with a sound that is at hand as samples."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from apvg_core.media.audio import open_song
from apvg_core.media.video_writer import VideoWriter
from apvg_core.units import SAMPLE_RATE


@contextmanager
def synthetic_video(
    path: Path, sound: npt.NDArray[np.int16], *, fps: float, width: int, height: int
) -> Iterator[VideoWriter]:
    """Open a video to write, tagged as synthetic; see `VideoWriter`.

    Args:
        path: The file to make.
        sound: Mono, 44.1 kHz [shape=(samples,)].
        fps: Frames a second.
        width: Width of the frames in pixels, even.
        height: Height of the frames in pixels, even.
    """
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch, "sound.wav")
        soundfile.write(wav, sound, SAMPLE_RATE)
        with (
            open_song(wav) as song,
            VideoWriter(
                path, fps=fps, width=width, height=height, song=song, metadata={"synthetic": "true"}
            ) as writer,
        ):
            yield writer
