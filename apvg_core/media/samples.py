"""Blocks of samples, the temporary file that holds them, and the checks that all sound passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from apvg_core.errors import MediaError
from apvg_core.files import as_bytes

Block = npt.NDArray[np.float32]
"""Consecutive samples in [-1, 1] [shape=(n, channels), float32]."""


@contextmanager
def scratch_sound(source: Path, target: Path, rate: int, channels: int) -> Iterator[soundfile.SoundFile]:
    """Open a float wav for the sound of `source`; it may exceed 4 GB.

    Args:
        source: The file that is decoded, for messages.
        target: The wav.
        rate: Its sample rate in Hz.
        channels: Its number of channels.

    Raises:
        MediaError: It cannot be written; mostly the disk is full.
    """
    try:
        with soundfile.SoundFile(as_bytes(target), "w", rate, channels, "FLOAT", format="RF64") as file:
            yield file
    except soundfile.LibsndfileError as error:
        raise MediaError(
            f"The sound of {source} does not fit in {target.parent.parent}; make room there, or set TMPDIR "
            "to a folder with more room."
        ) from error


def check_rate(path: Path, rate: int) -> None:
    """Raise a MediaError if `rate` [Hz] is no sample rate of sound: the header is damaged."""
    if not 1000 <= rate <= 3_000_000:
        raise MediaError(f"{path} says it has {rate} samples a second, which no sound has; export it again.")


def no_samples_error(path: Path) -> MediaError:
    """Returns the error for a sound file without samples."""
    return MediaError(f"{path} holds no samples of sound; choose another file.")
