from fractions import Fraction

import av
import numpy as np
import pytest

from apvg_core.errors import MediaError
from apvg_core.media.video import VideoInfo, probe, read_frames, sample_frames
from tests.synth import image, index_of, noise, truncate, write_video, write_wav


def indices(path, fps):
    return [index_of(frame) for frame in read_frames(path, fps)]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "ts"])
def test_every_image_comes_once_at_the_sources_own_rate(tmp_path, suffix):
    path = write_video(tmp_path / f"a.{suffix}", seconds=1.6)
    assert indices(path, 25) == list(range(40))


def test_ntsc_rates(tmp_path):
    path = write_video(tmp_path / "a.mp4", fps=Fraction(30_000, 1001), seconds=1.5)
    assert indices(path, probe(path).fps) == list(range(45))
    assert indices(path, 29.97) == list(range(45))


def test_repeated_and_dropped(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=1.04)
    assert indices(path, 12.5) == list(range(0, 26, 2))
    assert indices(path, 50) == [index for index in range(26) for _ in range(2)]


def test_variable_rate_shows_what_is_shown_at_the_time(tmp_path):
    times = np.array([0.0, 0.1, 0.13, 0.5, 0.55, 0.9])
    path = write_video(tmp_path / "a.mkv", times=times)
    shown = indices(path, 20)
    assert shown[:18] == [np.searchsorted(times, i / 20 + 1e-3) - 1 for i in range(18)]


def test_a_late_first_image_is_shown_from_the_start(tmp_path):
    times = 0.5 + np.arange(10) / 20
    path = write_video(tmp_path / "a.mp4", times=times, sound=noise(1.0))
    assert indices(path, 20) == [0] * 10 + list(range(10))


def test_probe(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=1.6, sound=noise(3.0))
    assert probe(path) == VideoInfo(width=96, height=64, fps=25.0, duration=1.6, has_audio=True)


def test_one_image(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=0.04)
    assert not probe(path).has_audio
    assert indices(path, 5) == [0]


@pytest.mark.parametrize(("rotation", "corner"), [(90, (-1, 0)), (180, (-1, -1)), (-90, (0, -1))])
def test_rotated(tmp_path, rotation, corner):
    path = write_video(tmp_path / "a.mp4", seconds=0.2, rotation=rotation)
    frame = next(read_frames(path, 25))
    info = probe(path)
    assert frame.shape == (info.height, info.width, 3) == ((64, 96, 3) if rotation == 180 else (96, 64, 3))
    assert frame[corner].mean() > 200, "the top left corner of the sensor is anticlockwise from where it was"


def test_missing(tmp_path):
    with pytest.raises(MediaError, match=r"a\.mp4 does not exist"):
        probe(tmp_path / "a.mp4")


def test_text_named_mp4(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("no video\n" * 100)
    for call in (probe, lambda path: next(read_frames(path, 25))):
        with pytest.raises(MediaError, match=r"a\.mp4 cannot be decoded"):
            call(path)


def test_sound_alone(tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(0.5))
    for call in (probe, lambda path: next(read_frames(path, 25))):
        with pytest.raises(MediaError, match=r"a\.wav has no frames"):
            call(path)


def test_no_image_that_can_be_decoded(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        container.add_stream("libx264", rate=25).pix_fmt = "yuv420p"
        container.start_encoding()
    with pytest.raises(MediaError, match=r"a\.mp4"):
        probe(path)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_tail_cut_off_is_an_error(tmp_path, suffix, share):
    path = truncate(write_video(tmp_path / f"a.{suffix}", seconds=8.0, sound=noise(8.0)), share)
    for call in (probe, lambda path: list(read_frames(path, 25))):
        with pytest.raises(MediaError, match=rf"a\.{suffix} .*damaged"):
            call(path)


def test_a_tail_overwritten_is_an_error(tmp_path):
    path = write_video(tmp_path / "a.mkv", seconds=8.0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : -200] = bytes(len(data) - 200 - len(data) // 2)
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"a\.mkv .*damaged"):
        list(read_frames(path, 25))


def write_as(path, codec, *, count, first=0, size=(96, 64), pix_fmt="yuv420p", step=1):
    """Write images 0, `step`, … at 25 a second, from the `first` on, without images that come ahead."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25, options={"qmin": "1", "qmax": "2", "bf": "0"})
        video.width, video.height, video.pix_fmt = *size, pix_fmt
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(image(step * index, size=size), format="rgb24")
            frame.pts, frame.time_base = first + index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def test_a_camcorders_raw_tape(tmp_path):
    path = write_as(tmp_path / "tape.dv", "dvvideo", count=40, size=(720, 576), step=5)
    info = probe(path)
    assert (info.fps, info.duration, info.height) == (pytest.approx(25), pytest.approx(1.6), 576)
    assert info.width == 768, "PAL's pixels are wider than high"
    seen, meant = indices(path, 25), [5 * index % 50 for index in range(40)]
    np.testing.assert_allclose(seen, meant, atol=1)  # tape is coarse


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("mkv", "mpeg4"), ("ts", "mpeg2video"), ("flv", "flv"), ("avi", "mpeg4")],
)
def test_parts_are_the_whole_and_samples_are_found(tmp_path, suffix, codec):
    path = write_as(tmp_path / f"a.{suffix}", codec, count=45)
    assert [index_of(frame) for frame in read_frames(path, 25, first=35, stop=38)] == [35, 36, 37]
    assert [index_of(frame) for frame in sample_frames(path, 1)] == [0]
    assert len(list(sample_frames(path, 3))) == 3


def test_images_without_times_are_an_error(tmp_path):
    path = write_as(tmp_path / "a.h264", "libx264", count=10)
    for call in (probe, lambda path: list(read_frames(path, 25))):
        with pytest.raises(MediaError, match=r"a\.h264 does not state when its frames are shown"):
            call(path)


@pytest.mark.parametrize("first", [0, 50])
def test_a_change_of_size_is_scaled_to_the_first_ones(tmp_path, caplog, first):
    large = write_as(tmp_path / "large.ts", "mpeg2video", count=20, first=5)
    small = write_as(tmp_path / "small.ts", "mpeg2video", count=40, first=25, size=(48, 32))
    path = tmp_path / "call.ts"
    path.write_bytes(large.read_bytes() + small.read_bytes())
    frames = list(read_frames(path, 25, first=first))
    assert {frame.shape for frame in frames} == {(64, 96, 3)}
    seen, meant = [index_of(frame) for frame in frames], [*range(20), *range(40)][first:]
    np.testing.assert_allclose(seen, meant, atol=1)
    told = [record.message for record in caplog.records]
    assert len(told) == (first == 0), "who reads on behind the change has been told"
    assert all("call.ts changes the size of its frames (to 48 x 32 pixels)" in message for message in told)


def test_an_avi_cut_short_is_an_error(tmp_path):
    path = truncate(write_as(tmp_path / "a.avi", "mjpeg", count=100, pix_fmt="yuvj420p"), 0.5)
    with pytest.raises(MediaError, match=r"a\.avi is damaged: it should last 4\.0 s"):
        probe(path)


def test_headers_that_tell_no_rate_or_size(tmp_path):
    path = write_as(tmp_path / "a.avi", "mjpeg", count=25, pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    header, stream, bitmap = (data.index(tag) + 8 for tag in (b"avih", b"strh", b"strf"))
    for start, length in ((header, 4), (header + 32, 8), (stream + 20, 8), (bitmap + 4, 8)):
        data[start : start + length] = bytes(length)  # microseconds an image, sizes, rate
    path.write_bytes(data)
    assert probe(path) == VideoInfo(width=96, height=64, fps=25.0, duration=1.0, has_audio=False)
    assert indices(path, 25) == list(range(25))
