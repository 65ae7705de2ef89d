"""What videos are encoded with, read back from the files."""

from pathlib import Path

import av
import numpy as np
import pytest

from apvg_core.errors import ConfigError
from apvg_core.media.audio import open_song
from apvg_core.media.container_formats import MOV, MP4, WEBM, Quality, read_quality
from apvg_core.media.video_writer import VideoWriter
from tests.synth import image, lag, noise, read, write_wav

SIZE = (96, 64)


def encode(path: Path, song_path: Path | None, *, quality: Quality = "good", count: int = 30) -> Path:
    """A film of 25 frames a second."""
    song = open_song(song_path) if song_path else None
    try:
        with VideoWriter(
            path, fps=25, width=96, height=64, song=song, metadata={"synthetic": "true"}, quality=quality
        ) as writer:
            for index in range(count):
                writer.write(image(index))
    finally:
        if song:
            song.close()
    return path


@pytest.mark.parametrize(
    ("text", "quality"), [("draft", "draft"), ("good", "good"), ("upload", "upload"), ("18", 18)]
)
def test_qualities(text: str, quality: Quality) -> None:
    assert read_quality(text) == quality


@pytest.mark.parametrize("text", ["fine", "", "-1", "1.5", "²", "Upload"])
def test_what_is_no_quality(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--quality {text} is neither draft, good or upload nor"):
        read_quality(text)


def test_each_format_has_its_qualities() -> None:
    assert MP4.settings(23).video["crf"] == "23"
    assert MP4.settings("good").video == {**MP4.settings(23).video, "crf": "19"}
    assert WEBM.settings(63).video["crf"] == "63"
    for container, crf in ((MP4, 52), (MP4, 0), (WEBM, 64)):
        with pytest.raises(ConfigError, match=rf"--quality {crf} is not .* of {container.name}; choose 1"):
            container.settings(crf)
    assert MOV.settings("good")
    for quality in ("upload", 18):
        with pytest.raises(ConfigError, match="mov has one quality"):
            MOV.settings(quality)


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_a_finer_quality_is_nearer_to_the_images(tmp_path: Path, name: str) -> None:
    images = np.random.default_rng(0).integers(60, 200, (8, 64, 96, 3), np.uint8)
    errors = []
    for quality in (50, "draft", "good", "upload"):
        path = tmp_path / f"{quality}-{name}"
        with VideoWriter(
            path, fps=25, width=96, height=64, song=None, metadata={}, quality=quality
        ) as writer:
            for frame in images:
                writer.write(frame)
        with av.open(str(path)) as file:
            frames = np.stack([frame.to_ndarray(format="gray") for frame in file.decode(video=0)])
        grey = images.astype(float) @ (0.2126, 0.7152, 0.0722)
        errors.append(np.abs(frames - grey).mean())
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 1.5 * errors[-1]


def test_an_upload_is_as_youtube_wants_it(tmp_path: Path) -> None:
    """support.google.com/youtube/answer/1722171."""
    sound = noise(1.2, rate=44_100, channels=2)
    path = encode(tmp_path / "a.mp4", write_wav(tmp_path / "a.wav", sound, rate=44_100), quality="upload")
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        codec = video.codec_context
        assert (codec.name, codec.profile, codec.pix_fmt) == ("h264", "High", "yuv420p")
        assert (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range) == (1, 1, 1, 1)
        assert (audio.codec_context.name, audio.codec_context.profile, audio.rate) == ("aac", "LC", 48_000)
        packets = [packet for packet in file.demux(video) if packet.size]
    keys = [packet.pts * packet.time_base for packet in packets if packet.is_keyframe]
    assert np.diff(np.array(keys, float)) == pytest.approx([0.48, 0.48])  # 12 of 12.5 frames
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert b" bframes=2 " in data
    assert b" open_gop=0 " in data
    with open_song(path) as made:
        heard = read(made)
        assert made.samples == round(1.2 * 48_000)
    with open_song(tmp_path / "a.wav") as song:
        resampled = np.concatenate(list(song.blocks()))
    positions = np.arange(len(heard)) * 44_100 / 48_000
    meant = np.stack([np.interp(positions, np.arange(len(resampled)), side) for side in resampled.T], 1)
    assert lag(heard, meant.astype(np.float32)) == 0


@pytest.mark.parametrize(("channels", "bits"), [(1, 128_000), (2, 384_000)])
def test_the_sound_of_an_upload_has_bits_enough(tmp_path: Path, channels: int, bits: int) -> None:
    song = write_wav(tmp_path / "a.wav", noise(8, channels=channels))
    with av.open(str(encode(tmp_path / "a.mp4", song, quality="upload", count=200))) as file:
        size = sum(packet.size for packet in file.demux(audio=0))
    assert 8 * size / 8 == pytest.approx(bits, rel=0.1)


def test_a_mov_is_for_editors(tmp_path: Path) -> None:
    """ProRes 4444, all key frames, and the song in PCM, sample for sample."""
    samples = noise(1.2176, rate=44_100, channels=2)
    path = encode(tmp_path / "a.mov", write_wav(tmp_path / "a.wav", samples, rate=44_100))
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.profile) == ("prores", "4444")
        assert file.metadata["synthetic"] == "true"
        assert audio.codec_context.name == "pcm_s24le"
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video)]
    for index, frame in enumerate(frames):
        np.testing.assert_allclose(frame.astype(int), image(index), atol=6)
    with open_song(path) as made, open_song(tmp_path / "a.wav") as song:
        heard, meant = read(made), read(song)
    np.testing.assert_allclose(heard, meant, atol=2**-22)
