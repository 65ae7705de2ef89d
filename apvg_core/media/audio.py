"""Songs: opened once, read in blocks as often as wanted, in memory that does not grow with them."""

import logging
import math
import tempfile
from collections.abc import Iterable, Iterator
from copy import copy
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from apvg_core.errors import ConfigError, MediaError
from apvg_core.files import as_bytes, scratch_folder
from apvg_core.media.audio_decoder import decode_sound
from apvg_core.media.audio_headers import count_readable_samples, describe_damage
from apvg_core.media.container import check_exists, truncation_error
from apvg_core.media.downmix import choose_channel
from apvg_core.media.isolate import run_isolated
from apvg_core.media.samples import Block, check_rate, no_samples_error
from apvg_core.progress import Progress, silent
from apvg_core.units import SAMPLE_RATE

_LOUDEST: Final = 100.0
"""Largest absolute sample that is taken for sound: 40 dB above full scale, which no master comes near."""

log = logging.getLogger(__name__)


class Song:
    """Sound that can be read any number of times; close it, or use it as a context manager.

    Attributes:
        path: The file it was opened from.
        sample_rate: In Hz.
        channels: Number of channels.
        samples: Number of samples per channel.
    """

    def __init__(
        self,
        path: Path,
        readable: Path,
        scratch: tempfile.TemporaryDirectory[str] | None,
        *,
        samples: int | None = None,
    ) -> None:
        """Open decoded sound; `open_song` is the way to call this.

        Args:
            path: The file, for messages.
            readable: The file that libsndfile reads; it lies in `scratch` if it had to be decoded.
            scratch: A temporary folder, removed when the song is closed.
            samples: Number of samples per channel, where the header does not tell.

        Raises:
            MediaError: The header is damaged.
        """
        info = soundfile.info(as_bytes(readable))
        check_rate(path, info.samplerate)
        self.path = path
        self.sample_rate: int = info.samplerate
        self.channels: int = info.channels
        self._readable = readable
        self._scratch = scratch
        self.samples: int = info.frames if samples is None else samples
        self._first = 0

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.samples / self.sample_rate

    def part(self, start: float, duration: float | None = None) -> Self:
        """Give a part of the song as a song, which can be read as long as this one is open.

        Args:
            start: Where the part begins, in seconds.
            duration: Its length in seconds; None is all to the end.

        Raises:
            ConfigError: Nothing is left, or a number is not finite.
        """
        if not math.isfinite(start) or (duration is not None and not math.isfinite(duration)):
            raise ConfigError("--start and --duration must be finite numbers of seconds.")
        first = round(start * self.sample_rate)
        left = self.samples - first
        if duration is not None:
            left = min(left, round(duration * self.sample_rate))
        if left <= 0:
            raise ConfigError(
                f"Nothing is left of {self.path}, which lasts {self.duration:.1f} s; choose another --start "
                "or --duration."
            )
        part = copy(self)
        part._scratch = None
        part._first += first
        part.samples = left
        return part

    @cached_property
    def mono_channel(self) -> int | None:
        """Index of the channel that is used as mono; None is the mean of all. See `choose_channel`.

        It is computed once, at the first access; parts that are taken later have that of the whole song.
        """
        channel = choose_channel(self.blocks()) if self.channels > 1 else None
        if channel is not None:
            log.warning(
                "The channels of %s are in opposite phase: mixed they cancel, so the performer hears only "
                "channel %d",
                self.path, channel + 1,
            )  # fmt: skip
        return channel

    def blocks(self, size: int = 65_536) -> Iterator[Block]:
        """Read all samples; NaN and infinities become 0.

        Args:
            size: Most samples in a block.

        Yields:
            Blocks [shape=(n, channels), float32, n <= size].

        Raises:
            MediaError: The file is damaged.
        """
        left = self.samples
        try:
            with soundfile.SoundFile(as_bytes(self._readable)) as file:
                file.seek(self._first)
                kind = "float64" if file.subtype == "DOUBLE" else "float32"  # 1e300 is not infinite
                while left > 0 and len(block := file.read(min(size, left), kind, always_2d=True)):
                    left -= len(block)
                    yield self._checked(block)
        except soundfile.LibsndfileError as error:
            raise MediaError(
                f"{self.path} cannot be read ({error.error_string}); convert it or copy it again."
            ) from error
        if left > 0:
            raise truncation_error(self.path, (self.samples - left) / self.sample_rate, self.duration)

    def _checked(self, block: npt.NDArray[np.float32 | np.float64]) -> Block:
        np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        loudest = max(block.max(), -block.min())
        if loudest > _LOUDEST:
            raise MediaError(
                f"{self.path} holds values up to {loudest:.3g}, but samples of sound lie between -1 and 1; "
                "export it again."
            )
        return block.astype(np.float32, copy=False)

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._scratch is not None:
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_song(path: Path, *, on_progress: Progress = silent) -> Song:
    """Open a song, or the sound of a video.

    What libsndfile reads (wav, flac, ogg, mp3, …) is streamed from where it lies. All else (m4a, mp4,
    mov, mkv, …) is first decoded to a temporary file, with sample 0 at time 0 of the container's clock:
    where the track starts later than the images there is silence. Of several tracks it is the default one.

    Raises:
        MediaError: The file is missing, damaged, or holds no sound.
    """
    check_exists(path)
    samples = count_readable_samples(path)
    song = _decoded(path, on_progress) if samples is None else Song(path, path, None, samples=samples)
    if song.samples == 0:
        song.close()
        raise no_samples_error(path)
    if damage := describe_damage(path, song.duration):
        log.warning("%s", damage)
    return song


def _decoded(path: Path, on_progress: Progress) -> Song:
    scratch = scratch_folder()
    try:
        target = Path(scratch.name, "decoded.wav")
        tracks = run_isolated(decode_sound, path, target, path=path, on_progress=on_progress)
        if tracks > 1:
            log.info("%s has %d sound tracks; the default one is played", path, tracks)
        return Song(path, target, scratch)
    except BaseException:
        scratch.cleanup()
        raise


def mono_blocks(song: Song) -> Iterator[npt.NDArray[np.float32]]:
    """Read a song as the features want it: mono, at 44.1 kHz.

    Mono is the mean of the channels, or one of them where they would cancel (`Song.mono_channel`).

    Yields:
        Blocks [shape=(n,), float32] that together hold round(samples * 44100 / sample_rate) samples.

    Raises:
        MediaError: The file is damaged.
    """
    channel = song.mono_channel
    mono = (
        block.mean(axis=1, keepdims=True) if channel is None else block[:, channel : channel + 1]
        for block in song.blocks()
    )  # fmt: skip
    for block in resample(mono, song, SAMPLE_RATE):
        yield block[:, 0]


def resample(blocks: Iterable[Block], song: Song, rate: int) -> Iterator[Block]:
    """Resample a whole song.

    Args:
        blocks: All of `song`, in some mix of its channels [shape=(n, channels), float32 each].
        song: The song.
        rate: The sample rate to reach, in Hz.

    Yields:
        Blocks [shape=(n, channels), float32] that together hold round(samples * rate / sample_rate) samples.
    """
    if rate == song.sample_rate:
        yield from blocks
        return
    left = round(song.samples * rate / song.sample_rate)
    stream = None
    for block in blocks:
        if stream is None:
            stream = soxr.ResampleStream(song.sample_rate, rate, block.shape[1], "float32", "HQ")
        out = stream.resample_chunk(block)[:left]
        left -= len(out)
        yield out
    assert stream is not None, "a song has samples"
    tail = stream.resample_chunk(block[:0], last=True)[:left]
    # soxr may round the length the other way; the missing sample or two are after the end
    yield np.pad(tail, ((0, left - len(tail)), (0, 0)))
