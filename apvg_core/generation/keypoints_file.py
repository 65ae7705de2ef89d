"""Keypoints as JSON, written frame by frame.

    {"fps": 25.0, "joints": ["nose", …], "frames": [
    {"time": 0.0, "positions": [[0.51, 0.2], …]},
    …
    ]}

Positions are in [0, 1] of the square image, x right, y down, in the order of the joints.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apvg_core.errors import ConfigError
from apvg_core.files import atomic_write
from apvg_core.skeleton import JOINTS


@contextmanager
def keypoints_file(path: Path, fps: float) -> Iterator[Callable[[npt.NDArray[np.float32]], None]]:
    """Open a file that appears once it is whole; gives a function that appends keypoints (t, 60, 2) to it.

    Raises:
        ConfigError: It cannot be written.
    """
    with ExitStack() as stack:
        with _explained(path):
            temporary = stack.enter_context(atomic_write(path))
            file = stack.enter_context(temporary.open("w", encoding="utf-8"))
            file.write(f'{{"fps": {fps:g}, "joints": {json.dumps(JOINTS)}, "frames": [')
        count = 0

        def append(keypoints_tp2: npt.NDArray[np.float32]) -> None:
            """Append the keypoints of frames, (t, 60, 2)."""
            nonlocal count
            with _explained(path):
                for positions in keypoints_tp2.astype(float).round(5).tolist():
                    frame = {"time": round(count / fps, 6), "positions": positions}
                    file.write(f"{',' if count else ''}\n{json.dumps(frame)}")
                    count += 1

        yield append
        with _explained(path):
            file.write("\n]}\n")
            stack.close()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raise the file's errors as a sentence about it."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}); make room or choose another --keypoints."
        ) from error
