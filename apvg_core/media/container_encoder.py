"""Encoding of frames and sound to a container."""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from apvg_core.media.audio import Song, resample
from apvg_core.media.container import file_url
from apvg_core.media.container_formats import ContainerFormat, Quality
from apvg_core.media.frame_maker import FrameMaker, Image, Inset
from apvg_core.media.samples import Block

_BT709 = 1
_LIMITED_RANGE = 1
_OTHERS_GAIN = 0.5**0.5
"""Gain of the channels beyond the first two in a stereo mix: -3 dB to each side."""


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
        quality: Quality = "good",
        see_through: bool = False,
        inset: Inset | None = None,
    ) -> None:
        """Start the file.

        Args:
            path: The file.
            container: Its format.
            rate: Frames a second.
            size: Width and height, both even.
            song: The sound, read along with the frames; None for a silent video.
            metadata: Its tags.
            quality: How finely it is encoded.
            see_through: It has transparency, as the format must.
            inset: What the frames are set into.

        Raises:
            ConfigError: The format has no such quality.
        """
        assert size[0] % 2 == size[1] % 2 == 0, "4:2:0 halves both"
        self._rate = rate
        self._settings = container.settings(quality)
        sound_rate = self._settings.sound_rate(song)
        options = dict(container.options)
        if container.ticks_as_sound:
            options["movie_timescale"] = str(sound_rate)
        pixels = container.see_through if see_through else container.pixels
        assert pixels is not None
        self._maker = FrameMaker(pixels, inset)
        self._file = av.open(file_url(path), "w", format=container.name, options=options)
        self._file.metadata.update(metadata)
        self._video = self._add_video(container, pixels, *size)
        self._audio = None if song is None else self._add_audio(container, song, sound_rate)
        self._sound = self._write_sound(song, self._audio) if song and self._audio else iter(())
        self._sound_end = 0.0
        self._frames = 0

    def write(self, frame: Image) -> None:
        """Append a frame [shape=(height, width, 3 or 4)], and the sound that goes with it."""
        image = self._maker.make(frame)
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

    def _add_video(self, container: ContainerFormat, pixels: str, width: int, height: int) -> VideoStream:
        stream = self._file.add_stream(container.video, rate=self._rate, options=dict(self._settings.video))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        codec = stream.codec_context
        if self._settings.key_frames is not None:
            codec.gop_size = max(1, round(self._settings.key_frames * self._rate))
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        codec.color_range = _LIMITED_RANGE
        return stream

    def _add_audio(self, container: ContainerFormat, song: Song, rate: int) -> AudioStream:
        layout = "mono" if song.channels == 1 else "stereo"
        stream = self._file.add_stream(container.sound, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.codec_context.bit_rate = self._settings.bits[min(song.channels, 2) - 1]
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
