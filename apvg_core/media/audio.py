"""Songs: opened once, read in blocks as often as wanted, in memory that does not grow with them."""

import math
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from av import AudioFrame
from av.audio.stream import AudioStream

from apvg_core.errors import ConfigError, MediaError
from apvg_core.files import scratch_folder
from apvg_core.media.container import (
    SLACK,
    check_exists,
    clock_zero,
    cut_short,
    first_track,
    open_container,
    track_end,
)
from apvg_core.media.isolate import run_isolated
from apvg_core.progress import Progress, silent
from apvg_core.units import SAMPLE_RATE

Block = npt.NDArray[np.float32]
"""Consecutive samples in [-1, 1] [shape=(n, channels)]."""

_GAP_SECONDS = 0.02
"""Time stamps this far from where the samples are mean a real gap; less is rounding (Matroska: 1 ms)."""

_CODEC_PADDING = 4096
"""A codec fills its last packet, of at most this many samples, beyond the end of the track."""


class Song:
    """Sound that can be read any number of times; close it, or use it as a context manager.

    Attributes:
        path: The file it was opened from.
        sample_rate: In Hz.
        channels: How many.
        samples: Per channel.
    """

    def __init__(self, path: Path, readable: Path, scratch: tempfile.TemporaryDirectory[str] | None) -> None:
        """Use `open_song`; `readable` is what libsndfile reads, in `scratch` if it had to be decoded."""
        info = soundfile.info(str(readable))
        self.path = path
        self.sample_rate: int = info.samplerate
        self.channels: int = info.channels
        self._readable = readable
        self._scratch = scratch
        # Of an mp3 the length may only be guessed from its first frames, so it is played through.
        self.samples: int = self._counted() if info.format == "MP3" else info.frames
        self._first = 0

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples / self.sample_rate

    def cut(self, start: float, duration: float | None) -> None:
        """Leave of it what begins `start` seconds after its beginning, for `duration` seconds or to its end.

        Raises:
            ConfigError: Nothing is left.
        """
        if not math.isfinite(start) or (duration is not None and not math.isfinite(duration)):
            raise ConfigError("--start and --duration are numbers of seconds; leave out what has no end.")
        first = round(start * self.sample_rate)
        left = self.samples - first
        if duration is not None:
            left = min(left, round(duration * self.sample_rate))
        if left <= 0:
            raise ConfigError(
                f"Nothing is left of {self.path}, which lasts {self.duration:.1f} s; choose another --start "
                "or --duration."
            )
        self._first += first
        self.samples = left

    def _counted(self) -> int:
        try:
            with soundfile.SoundFile(str(self._readable)) as file:
                return sum(iter(lambda: len(file.read(65_536, "float32")), 0))
        except soundfile.LibsndfileError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: soundfile.LibsndfileError) -> MediaError:
        return MediaError(f"{self.path} cannot be read ({error.error_string}); convert or copy it anew.")

    def blocks(self, size: int = 65_536) -> Iterator[Block]:
        """All samples in blocks of `size` [shape=(n, channels)]; NaN and infinities become 0.

        Raises:
            MediaError: The file is damaged.
        """
        left = self.samples
        try:
            with soundfile.SoundFile(str(self._readable)) as file:
                file.seek(self._first)
                while left > 0 and len(block := file.read(min(size, left), "float32", always_2d=True)):
                    left -= len(block)
                    yield np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        except soundfile.LibsndfileError as error:
            raise self._unreadable(error) from error
        if left > 0:
            raise cut_short(self.path, (self.samples - left) / self.sample_rate, self.duration)

    def close(self) -> None:
        """Remove what was decoded to the disk."""
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
    where the track starts late there is silence.

    Raises:
        MediaError: The file is missing, damaged, or holds no sound.
    """
    check_exists(path)
    if _streams(path):
        song = Song(path, path, None)
    else:
        scratch = scratch_folder()
        decoded = Path(scratch.name, "decoded.wav")
        try:
            run_isolated(_decode, path, decoded, path=path, on_progress=on_progress)
            song = Song(path, decoded, scratch)
        except BaseException:
            scratch.cleanup()
            raise
    if song.samples == 0:
        song.close()
        raise MediaError(f"{path} holds no samples of sound; choose another file.")
    return song


def mono_blocks(song: Song) -> Iterator[npt.NDArray[np.float32]]:
    """The song as the features want it: channels averaged, at 44.1 kHz [shape=(n,)].

    The blocks together hold round(samples * 44100 / sample_rate) samples.

    Raises:
        MediaError: The file is damaged.
    """
    mono = (block.mean(axis=1, keepdims=True) for block in song.blocks())
    for block in resampled(mono, song, SAMPLE_RATE):
        yield block[:, 0]


def resampled(blocks: Iterable[Block], song: Song, rate: int) -> Iterator[Block]:
    """Resample `blocks`, which are the whole of `song` in some mix of its channels, to `rate` Hz.

    Together they come out as round(samples * rate / sample_rate) samples [shape=(n, channels)].
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


@contextmanager
def scratch_sound(source: Path, target: Path, rate: int, channels: int) -> Iterator[soundfile.SoundFile]:
    """A float wav to write the sound of `source` to; it may exceed 4 GB.

    Raises:
        MediaError: It cannot be written; mostly the disk is full.
    """
    try:
        with soundfile.SoundFile(str(target), "w", rate, channels, "FLOAT", format="RF64") as file:
            yield file
    except soundfile.LibsndfileError as error:
        raise MediaError(
            f"The sound of {source} does not fit in {target.parent.parent}; make room there, or let TMPDIR "
            "name a larger folder."
        ) from error


def _streams(path: Path) -> bool:
    """Whether libsndfile reads the file, all of it, and knows its length (or can count it)."""
    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError:
        return False
    if info.format == "MP3" and track_end(path, "audio") > info.duration + SLACK:
        return False  # without a header it guesses the length, and stops reading there
    return bool(info.frames < 2**62)  # more stands for "unknown", in FLAC that was streamed


def _decode(source: Path, target: Path, *, progress: Progress) -> None:
    """Decode the first sound track of `source` to `target`, a float wav that may exceed 4 GB."""
    end = track_end(source, "audio")
    with open_container(source) as container:
        track = first_track(container, "audio")
        if not isinstance(track, AudioStream):
            raise MediaError(f"{source} has no sound; give a file with a sound track.")
        planar = av.AudioResampler(format="fltp")
        frames = (part for frame in container.decode(track) for part in planar.resample(frame))
        first = next(frames, None)
        if first is None:
            raise MediaError(f"{source} has a sound track that holds nothing; choose another file.")
        rate, channels = first.sample_rate, first.layout.nb_channels
        with scratch_sound(source, target, rate, channels) as file:
            for block in _placed(chain([first], frames), clock_zero(container)):
                file.write(block)
                progress("Decoding the sound", file.frames / rate, end)
            surplus = file.frames - round(end * rate)
            if 0 < surplus <= _CODEC_PADDING:
                file.truncate(file.frames - surplus)
    if surplus < -SLACK * rate:
        raise cut_short(source, end + surplus / rate, end)


def _placed(frames: Iterable[AudioFrame], zero: float) -> Iterator[Block]:
    """The samples of planar frames laid end to end from time `zero`: gaps are silence, overlaps are cut."""
    position = 0
    for frame in frames:
        block = np.asarray(frame.to_ndarray().T, np.float32)
        late = 0 if frame.time is None else round((frame.time - zero) * frame.sample_rate) - position
        if position == 0 or abs(late) > _GAP_SECONDS * frame.sample_rate:
            if late > 0:
                yield np.zeros((late, block.shape[1]), np.float32)
                position += late
            else:
                block = block[-late:]
        position += len(block)
        yield block
