"""Encoding of frames and sound to a container: mp4 (H.264, AAC) or webm (VP9, Opus)."""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from apvg_core.media.audio import Song, resample
from apvg_core.media.container import file_url
from apvg_core.media.samples import Block

_BITS_PER_CHANNEL = 128_000
_BT709 = 1
_LIMITED_RANGE = 1
_OTHERS_GAIN = 0.5**0.5
"""Gain of the channels beyond the first two in a stereo mix: -3 dB to each side."""


@dataclass(frozen=True)
class ContainerFormat:
    """A container format and its codecs, by FFmpeg's names.

    Attributes:
        name: The format.
        options: Options of the format.
        video: The video codec.
        video_options: Its options.
        sound: The audio codec.
        rates: Sample rates that it supports, in Hz; songs of others are resampled to 48 kHz.
    """

    name: str
    options: Mapping[str, str]
    video: str
    video_options: Mapping[str, str]
    sound: str
    rates: tuple[int, ...]

    def sound_rate(self, song: Song | None) -> int:
        """Returns the sample rate of the sound track in Hz."""
        return song.sample_rate if song and song.sample_rate in self.rates else 48_000


# More threads cost more than they gain at 256 x 256, and the file would differ with the number of cores.
_ALONE: Final = {"threads": "1"}

MP4: Final = ContainerFormat(
    "mp4", {"movflags": "+faststart+use_metadata_tags"}, "libx264",
    # mbtree saves bytes, but reads memory that nothing was written to: equal frames come out unequal
    {"crf": "19", "preset": "veryfast", "mbtree": "0", **_ALONE},
    "aac", (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000),
)  # fmt: skip
WEBM: Final = ContainerFormat(
    "webm", {}, "libvpx-vp9", {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6", **_ALONE},
    "libopus", (48_000,),
)  # fmt: skip


class ContainerEncoder:
    """Encoder of a video with sound, which is read along with the frames.

    The sound is the song to the sample: the file declares the encoder's priming and padding.
    """

    def __init__(
        self,
        path: Path,
        container: ContainerFormat,
        *,
        rate: Fraction,
        size: tuple[int, int],
        song: Song | None,
        metadata: Mapping[str, str],
    ) -> None:
        """Start the file; `rate` is in frames a second, `size` is (width, height), both even."""
        assert size[0] % 2 == size[1] % 2 == 0, "4:2:0 halves both"
        self._rate = rate
        options = dict(container.options)
        if (
            container is MP4
        ):  # without a time scale of its own the sound's end would be rounded to a millisecond
            options["movie_timescale"] = str(container.sound_rate(song))
        self._file = av.open(file_url(path), "w", format=container.name, options=options)
        self._file.metadata.update(metadata)
        self._video = self._add_video(container, *size)
        self._reformatter = VideoReformatter()  # a frame's own would prepare itself for each frame anew
        self._audio = None if song is None else self._add_audio(container, song)
        self._sound = self._write_sound(song, self._audio) if song and self._audio else iter(())
        self._sound_end = 0.0
        self._frames = 0

    def write(self, frame: npt.NDArray[np.uint8]) -> None:
        """Append a frame [shape=(height, width, 3), uint8, RGB], and the sound that goes with it."""
        image = av.VideoFrame.from_ndarray(frame, format="rgb24")
        image = self._reformatter.reformat(image, format="yuv420p", dst_colorspace=_BT709, threads=1)
        image.pts, image.time_base = self._frames, 1 / self._rate
        self._file.mux(self._video.encode(image))
        self._frames += 1
        while self._sound_end < self._frames / self._rate:
            self._sound_end = next(self._sound, math.inf)

    def finish(self, *, whole: bool) -> None:
        """End the file: with the rest of the sound if it is `whole`."""
        if whole:
            for _ in self._sound:
                pass
        if self._audio is not None:
            self._file.mux(self._audio.encode(None))
        self._file.mux(self._video.encode(None))
        self._file.close()

    def abandon(self) -> None:
        """Close the file, whatever state it is in."""
        with suppress(av.FFmpegError):
            self._file.close()

    def _add_video(self, container: ContainerFormat, width: int, height: int) -> VideoStream:
        stream = self._file.add_stream(
            container.video, rate=self._rate, options=dict(container.video_options)
        )
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        codec = stream.codec_context
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = _LIMITED_RANGE
        return stream

    def _add_audio(self, container: ContainerFormat, song: Song) -> AudioStream:
        layout = "mono" if song.channels == 1 else "stereo"
        stream = self._file.add_stream(container.sound, rate=container.sound_rate(song), layout=layout)
        assert isinstance(stream, AudioStream)
        stream.codec_context.bit_rate = _BITS_PER_CHANNEL * min(song.channels, 2)
        return stream

    def _write_sound(self, song: Song, stream: AudioStream) -> Iterator[float]:
        """Write the song block by block; yields the seconds written after each."""
        position = 0
        mixed = (_mix_to_stereo(block) for block in song.blocks())
        for block in resample(mixed, song, stream.rate):
            if len(block):
                frame = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(block.T), format="fltp", layout=stream.layout.name
                )
                frame.sample_rate, frame.pts = stream.rate, position
                frame.time_base = Fraction(1, stream.rate)
                self._file.mux(stream.encode(frame))
                position += len(block)
                yield position / stream.rate


def _mix_to_stereo(block: Block) -> Block:
    """Mix more than two channels down to stereo.

    The first two stay left and right, all others go to both.

    Args:
        block: Samples [shape=(n, channels), float32].

    Returns:
        The same samples [shape=(n, min(channels, 2)), float32].
    """
    channels = block.shape[1]
    if channels <= 2:
        return block
    mix = np.full((channels, 2), _OTHERS_GAIN, np.float32)
    mix[:2] = np.eye(2)
    mix /= mix.sum(axis=0)  # so that it cannot clip
    return block @ mix
