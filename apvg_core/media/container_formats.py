"""Container formats and their codecs' settings: mp4 (H.264, AAC), webm (VP9, Opus), mov (ProRes, PCM)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, cast, get_args

from apvg_core.errors import ConfigError
from apvg_core.media.audio import Song

QualityName = Literal["draft", "good", "upload"]
Quality = QualityName | int
"""How finely a video is encoded: by name, or with a constant rate factor (CRF) as it is good."""

_USUAL_RATES: Final = (
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000,
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What the codecs are set to at one quality.

    Attributes:
        video: Options of the video codec, by FFmpeg's names.
        rates: Sample rates that the sound may have, in Hz; songs of others are resampled to 48 kHz.
        bits: Bits a second of a mono and of a stereo sound.
        key_frames: Seconds from key frame to key frame; None leaves it to the codec.
    """

    video: Mapping[str, str]
    rates: tuple[int, ...]
    bits: tuple[int, int] = (128_000, 256_000)
    key_frames: float | None = None

    def sound_rate(self, song: Song | None) -> int:
        """Returns the sample rate of the sound track in Hz."""
        return song.sample_rate if song and song.sample_rate in self.rates else 48_000


@dataclass(frozen=True)
class ContainerFormat:
    """A container format and its codecs, by FFmpeg's names.

    Attributes:
        name: The format.
        options: Options of the format.
        ticks_as_sound: Its clock may tick as the sound does; else it ticks in milliseconds.
        video: The video codec.
        pixels: The codec's pixel format.
        sound: The audio codec.
        good: The settings of a good video.
        others: Those of other qualities, by name; none where there is but one.
        worst_crf: The largest constant rate factor, where there is one.
        see_through: The pixel format with transparency; None where there is none.
    """

    name: str
    options: Mapping[str, str]
    ticks_as_sound: bool
    video: str
    pixels: str
    sound: str
    good: Settings
    others: Mapping[str, Settings] = field(default_factory=dict)
    worst_crf: int = 0
    see_through: str | None = None

    def settings(self, quality: Quality) -> Settings:
        """Return what the codecs are set to.

        Raises:
            ConfigError: It has no such quality.
        """
        if quality == "good":
            return self.good
        if not self.others:
            raise ConfigError(f"--quality is for mp4 and webm; {self.name} has one quality, so leave it out.")
        if isinstance(quality, str):
            return self.others[quality]
        if not 1 <= quality <= self.worst_crf:
            raise ConfigError(
                f"--quality {quality} is not a constant rate factor of {self.name}; choose 1 (finest) to "
                f"{self.worst_crf}."
            )
        return replace(self.good, video={**self.good.video, "crf": str(quality)})


# More threads cost more than they gain at 256 x 256, and the file would differ with the number of cores.
_ALONE: Final = {"threads": "1"}
# mbtree saves bytes, but reads memory that nothing was written to: equal frames come out unequal
_H264: Final = {"mbtree": "0", **_ALONE}
# no alternate reference frames: with transparency there are none
_VP9: Final = {"b": "0", "deadline": "realtime", "auto-alt-ref": "0", **_ALONE}

MP4: Final = ContainerFormat(
    name="mp4", options={"movflags": "+faststart+use_metadata_tags"}, ticks_as_sound=True,
    video="libx264", pixels="yuv420p", sound="aac", worst_crf=51,
    good=Settings({"crf": "19", "preset": "veryfast", **_H264}, _USUAL_RATES),
    others={
        "draft": Settings({"crf": "28", "preset": "ultrafast", **_H264}, _USUAL_RATES),
        # YouTube's "Recommended upload encoding settings" (support.google.com/youtube/answer/1722171): high
        # profile, two B frames, closed GOPs of half a second, 4:2:0, BT.709, variable bitrate, the index in
        # front; AAC-LC at 48 kHz, 128 kbit/s in mono and 384 in stereo. One of them is not met: edit lists
        # stay, as they tell the AAC encoder's delay, without which the sound would be 21 ms late.
        "upload": Settings(
            {"crf": "16", "preset": "fast", "profile": "high", "bf": "2", "flags": "+cgop", **_H264},
            rates=(48_000,), bits=(128_000, 384_000), key_frames=0.5,
        ),
    },
)  # fmt: skip
"""What everything plays."""

WEBM: Final = ContainerFormat(
    name="webm", options={}, ticks_as_sound=False,
    video="libvpx-vp9", pixels="yuv420p", see_through="yuva420p", sound="libopus", worst_crf=63,
    good=Settings({"crf": "24", "cpu-used": "6", **_VP9}, (48_000,)),
    others={
        "draft": Settings({"crf": "36", "cpu-used": "8", **_VP9}, (48_000,)),
        "upload": Settings({"crf": "16", "cpu-used": "5", **_VP9}, (48_000,), key_frames=0.5),
    },
)  # fmt: skip
"""For web pages."""

MOV: Final = ContainerFormat(
    name="mov", options={"movflags": "+faststart+use_metadata_tags"}, ticks_as_sound=True,
    video="prores_ks", pixels="yuv444p10le", see_through="yuva444p10le", sound="pcm_s24le",
    # Without a scale of quantisation the encoder would try several, and be five times slower; 118 is FFmpeg's
    # 1, the finest. Apple's own encoder signs as apl0, and some editors ask for it.
    good=Settings(
        {"profile": "4444", "vendor": "apl0", "flags": "+qscale", "global_quality": "118", **_ALONE},
        _USUAL_RATES,
    ),
)  # fmt: skip
"""For editors: ProRes 4444, and the sound as it is."""

BY_SUFFIX: Final = {".mp4": MP4, ".webm": WEBM, ".mov": MOV}


def read_quality(text: str) -> Quality:
    """Read a quality.

    Raises:
        ConfigError: It is none.
    """
    if text in get_args(QualityName):
        return cast(QualityName, text)
    if text.isascii() and text.isdigit():
        return int(text[:9])
    raise ConfigError(
        f"--quality {text} is neither draft, good or upload nor a constant rate factor, such as 18."
    )
