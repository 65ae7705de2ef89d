"""Codecs that sound is sent and kept in: it is encoded and decoded for real."""

import io
from typing import Final, NamedTuple, cast

import av
import numpy as np

from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.music.paths import Array


class Codec(NamedTuple):
    """A codec of FFmpeg, its container, its sample rate (Hz), the lowest and highest rate to draw (bit/s)."""

    name: str
    container: str
    sample_rate: int
    least: int
    most: int


CODECS: Final = {
    "mp3": Codec("libmp3lame", "mp3", 44_100, 32_000, 128_000),
    "aac": Codec("aac", "mp4", 44_100, 24_000, 96_000),
    "opus": Codec("libopus", "ogg", 48_000, 12_000, 64_000),
}
"""Codecs by their usual name."""


def coded(sound: Array, name: str, rate: int) -> Array:
    """Encode and decode a sound, no later than it was [shape=(samples,), 44.1 kHz, within ±1].

    Args:
        sound: The sound (samples,).
        name: One of `CODECS`.
        rate: Bits a second.
    """
    codec = CODECS[name]
    data = io.BytesIO()
    with av.open(data, "w", format=codec.container) as out:
        stream = cast(av.AudioStream, out.add_stream(codec.name, rate=codec.sample_rate, layout="mono"))
        stream.bit_rate = rate
        frame = av.AudioFrame.from_ndarray(
            np.clip(sound, -1, 1).astype(np.float32)[None], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts = SAMPLE_RATE, 0
        resampler = av.AudioResampler("fltp", "mono", codec.sample_rate, frame_size=stream.frame_size or 1152)
        for each in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(each))
        out.mux(stream.encode(None))
    data.seek(0)
    back = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
    with av.open(data, "r") as file:
        pieces = [piece for each in file.decode(audio=0) for piece in back.resample(each)]
    pieces += back.resample(None)
    heard = np.concatenate([piece.to_ndarray()[0] for piece in pieces]).astype(np.float64)
    heard = heard[: len(sound)]
    return np.pad(heard, (0, len(sound) - len(heard)))
