"""Put the first seconds of films side by side in a gif, every second frame, as on top of the README.

python -m examples.side_by_side FILM … OUT.gif
"""

import sys
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from apvg_core.media.video import read_frames
from apvg_core.media.video_writer import VideoWriter

FPS: Final = 12.5
SECONDS: Final = 4


def main() -> None:
    """Read the films' names, and write the gif."""
    *films, out = map(Path, sys.argv[1:])
    frames = zip(*(islice(read_frames(film, FPS), round(FPS * SECONDS)) for film in films), strict=False)
    rows = [np.concatenate(row, axis=1) for row in frames]
    height, width = rows[0].shape[:2]
    comment = {"comment": "Synthetic video, made from audio by apvg."}
    with VideoWriter(out, fps=FPS, width=width, height=height, song=None, metadata=comment) as writer:
        for row in rows:
            writer.write(row)


if __name__ == "__main__":
    main()
