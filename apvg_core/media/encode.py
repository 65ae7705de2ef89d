"""Writes a video and its song to an mp4, frame by frame."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from apvg_core.errors import MediaError
from apvg_core.media.audio import Block, Song, resampled

_AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000)
_BITS_PER_CHANNEL = 128_000
_BT709 = 1
_LIMITED_RANGE = 1
_OTHERS_GAIN = 0.5**0.5
_NTSC_ROUNDING = 0.001


class Mp4Writer:
    """An mp4 (H.264, AAC) that exists under its name only once it is complete.

    Use as a context manager; leaving it by an exception leaves nothing behind. The sound is the song to
    the sample: the track's edit list hides the encoder's priming, its last packet's duration the padding.
    """

    def __init__(
        self, path: Path, *, fps: float, width: int, height: int, song: Song | None, metadata: dict[str, str]
    ) -> None:
        """Prepare; nothing is written before the `with`.

        Args:
            path: Where the video is to be.
            fps: Frames a second; 29.97 and its like become their exact fractions.
            width: Of the frames, even.
            height: Of the frames, even.
            song: The sound, read along with the frames.
            metadata: Tags of the file.
        """
        assert width % 2 == height % 2 == 0, "4:2:0 halves both"
        self._path = path
        self._rate = exact_rate(fps)
        self._width, self._height = width, height
        self._song = song
        self._metadata = metadata
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._frames = 0

    def __enter__(self) -> Self:
        """Start the file.

        Raises:
            MediaError: The folder does not exist or cannot be written to.
        """
        if self._path.is_dir():
            raise MediaError(f"{self._path} is a folder; name a file in it.")
        with self._writing():
            self._temporary.touch()
        # without a time scale of its own the track's end would be rounded to a millisecond
        sound_rate = 48_000 if self._song is None else aac_rate(self._song.sample_rate)
        options = {"movflags": "+faststart+use_metadata_tags", "movie_timescale": str(sound_rate)}
        self._container = av.open(str(self._temporary), "w", format="mp4", options=options)
        self._container.metadata.update(self._metadata)
        self._video = self._add_video()
        self._sound: Iterator[float] = iter(())
        if self._song is not None:
            self._sound = self._write_sound(self._song, self._add_sound(self._song, sound_rate))
        self._sound_end = 0.0
        return self

    def write(self, frame: npt.NDArray[np.uint8]) -> None:
        """Append one frame [shape=(height, width, 3), RGB], and the sound that goes with it.

        Raises:
            MediaError: The disk is full or gone, or the song is damaged.
        """
        assert frame.shape == (self._height, self._width, 3)
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        picture = picture.reformat(format="yuv420p", dst_colorspace=_BT709)
        picture.pts, picture.time_base = self._frames, 1 / self._rate
        self._mux(self._video.encode(picture))
        self._frames += 1
        while self._sound_end < self._frames / self._rate:
            self._sound_end = next(self._sound, math.inf)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file and give it its name; after an exception, remove it.

        Raises:
            MediaError: The disk is full or gone, or the song is damaged.
        """
        try:
            if error is None:
                self._finish()
        finally:
            with suppress(av.FFmpegError):
                self._container.close()
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        for _ in self._sound:
            pass
        self._mux(self._video.encode(None))
        with self._writing():
            self._container.close()
            self._temporary.replace(self._path)

    def _add_video(self) -> VideoStream:
        stream = self._container.add_stream(
            "libx264", rate=self._rate, options={"crf": "18", "preset": "veryfast"}
        )
        stream.width, stream.height, stream.pix_fmt = self._width, self._height, "yuv420p"
        codec = stream.codec_context
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = _LIMITED_RANGE
        return stream

    def _add_sound(self, song: Song, rate: int) -> AudioStream:
        layout = "mono" if song.channels == 1 else "stereo"
        stream = self._container.add_stream("aac", rate=rate, layout=layout)
        stream.codec_context.bit_rate = _BITS_PER_CHANNEL * min(song.channels, 2)
        return stream

    def _write_sound(self, song: Song, stream: AudioStream) -> Iterator[float]:
        """Write the song block by block; yields the second reached after each."""
        position = 0
        mixed = (_at_most_stereo(block) for block in song.blocks())
        for block in resampled(mixed, song, stream.rate):
            if len(block):
                frame = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(block.T), format="fltp", layout=stream.layout.name
                )
                frame.sample_rate, frame.pts, frame.time_base = (
                    stream.rate,
                    position,
                    Fraction(1, stream.rate),
                )
                self._mux(stream.encode(frame))
                position += len(block)
                yield position / stream.rate
        self._mux(stream.encode(None))

    def _mux(self, packets: "list[av.Packet[AudioStream]] | list[av.Packet[VideoStream]]") -> None:
        with self._writing():
            self._container.mux(packets)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MediaError(
                f"{self._path} cannot be written ({error.strerror}); make room or choose another folder."
            ) from error


def exact_rate(fps: float) -> Fraction:
    """The fraction meant by a rounded frame rate: 29.97 is 30000/1001."""
    ntsc = Fraction(round(fps) * 1000, 1001)
    return ntsc if abs(fps - ntsc) < _NTSC_ROUNDING else Fraction(fps).limit_denominator(1001)


def aac_rate(rate: int) -> int:
    """The song's own sample rate where AAC has it, else 48 kHz."""
    return rate if rate in _AAC_RATES else 48_000


def _at_most_stereo(block: Block) -> Block:
    """Mix more than two channels down: the first two keep their sides, all others go to both."""
    channels = block.shape[1]
    if channels <= 2:
        return block
    mix = np.full((channels, 2), _OTHERS_GAIN, np.float32)
    mix[:2] = np.eye(2)
    mix /= mix.sum(axis=0)  # so that it cannot clip
    return block @ mix
