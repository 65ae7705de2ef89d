from fractions import Fraction

import av
import numpy as np
import pytest

from apvg_core.errors import MediaError
from apvg_core.media.video import VideoInfo, probe, read_frames
from tests.synth import index_of, noise, truncate, write_video, write_wav


def indices(path, fps):
    return [index_of(frame) for frame in read_frames(path, fps)]


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "ts"])
def test_every_picture_comes_once_at_the_sources_own_rate(tmp_path, suffix):
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


def test_a_late_first_picture_is_shown_from_the_start(tmp_path):
    times = 0.5 + np.arange(10) / 20
    path = write_video(tmp_path / "a.mp4", times=times, sound=noise(1.0))
    assert indices(path, 20) == [0] * 10 + list(range(10))


def test_probe(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=1.6, sound=noise(3.0))
    assert probe(path) == VideoInfo(width=96, height=64, fps=25.0, duration=1.6, has_audio=True)


def test_one_picture(tmp_path):
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
    with pytest.raises(MediaError, match=r"a\.mp4 is not there"):
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
        with pytest.raises(MediaError, match=r"a\.wav has no pictures"):
            call(path)


def test_no_picture_that_can_be_decoded(tmp_path):
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
