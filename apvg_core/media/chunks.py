"""Sound in overlapping chunks, put together again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from apvg_core.errors import MediaError
from apvg_core.files import as_bytes, scratch_folder
from apvg_core.media.audio import Song, open_song
from apvg_core.media.container import check_exists
from apvg_core.media.samples import Block, scratch_sound
from apvg_core.progress import Progress, silent

ROUNDING: Final = 4 / 2**15
"""Largest difference of the same sample in two chunks: 16 bits, rounded and dithered anew."""


@dataclass(frozen=True)
class Chunks:
    """A continuous recording, cut into chunks of one length that begin `step` seconds apart.

    Attributes:
        paths: The sound files, in their order in time.
        step: Seconds from one beginning to the next; at most the length of a chunk.
    """

    paths: tuple[Path, ...]
    step: float = 0.1

    def __post_init__(self) -> None:
        assert self.paths
        assert self.step > 0


Sound = Path | Chunks


def open_sound(sound: Sound, *, on_progress: Progress = silent) -> Song:
    """Open the sound of a recording; chunks are first put together in a temporary file.

    Raises:
        MediaError: See `open_song`; or a chunk is missing, damaged, unlike the others, or contradicts what
            the one before says about the same samples.
    """
    if isinstance(sound, Path):
        return open_song(sound, on_progress=on_progress)
    scratch = scratch_folder()
    try:
        whole = Path(scratch.name, "stitched.wav")
        _stitch(sound, whole, on_progress)
        return Song(sound.paths[0], whole, scratch)
    except BaseException:
        scratch.cleanup()
        raise


def _stitch(chunks: Chunks, target: Path, on_progress: Progress) -> None:
    """Write the first chunk whole, and of each next one what it adds, as a float wav (exact for 24 bits)."""
    first, rate = _read(chunks.paths[0])
    with scratch_sound(chunks.paths[0], target, rate, first.shape[1]) as file:
        for done, block in enumerate(_read_new_samples(chunks), start=1):
            file.write(block)
            on_progress("Putting the sound together", done, len(chunks.paths))


def _read_new_samples(chunks: Chunks) -> Iterator[Block]:
    """Read the samples that each chunk adds to the ones before it [shape=(n, channels), float32]."""
    before, rate = _read(chunks.paths[0])
    step = round(chunks.step * rate)
    if abs(step - chunks.step * rate) > 1e-6 or not 0 < step <= len(before):
        raise MediaError(
            f"{chunks.paths[0]} has {len(before)} samples at {rate} Hz, which cannot be one of chunks that "
            f"begin {chunks.step:g} s apart; copy it again."
        )
    yield before
    for path in chunks.paths[1:]:
        chunk, its_rate = _read(path)
        if (*chunk.shape, its_rate) != (*before.shape, rate):
            raise MediaError(
                f"{path} differs from the chunks before it in length, channels or sample rate; copy it again."
            )
        if np.abs(chunk[:-step] - before[step:]).max(initial=0) > ROUNDING:
            raise MediaError(
                f"{path} contradicts the chunk before it, with which it overlaps; copy both again."
            )
        yield chunk[-step:]
        before = chunk


def _read(path: Path) -> tuple[Block, int]:
    """Returns a chunk's samples [shape=(n, channels), float32] and its rate in Hz."""
    check_exists(path)
    try:
        samples, rate = soundfile.read(as_bytes(path), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise MediaError(f"{path} cannot be read ({error.error_string}); copy it again.") from error
    return samples, rate
