"""Half images become images without combs; film that has none is left alone."""

from fractions import Fraction

import av
import numpy as np
import pytest

from apvg_core.media.interlace import deinterlace
from apvg_core.media.video import read_frames, sample_frames
from tests.synth import write_video

COUNT = 12


def moving_bar(index, *, height=64):
    """Two half images, the lower lines first, of a bar that moves by 4 pixels [shape=(h, 96, 3)]."""
    image = np.full((height, 96, 3), 16, np.uint8)
    for half in range(2):
        left = 4 * (2 * index + half)
        image[1 - half :: 2, left : left + 8] = 235
    return image


def write_interlaced(path):
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"x264-params": "bff=1", "crf": "5"})
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.set_display_matrix([-(1 << 16), 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30])
        for index in range(COUNT):
            frame = av.VideoFrame.from_ndarray(moving_bar(index), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def combs(frame):
    """How much each line differs from its neighbours, on average."""
    lines = frame[..., 1].astype(float)
    return float(np.abs(lines[1:-1] - (lines[:-2] + lines[2:]) / 2).mean())


@pytest.fixture
def tape(tmp_path):
    return write_interlaced(tmp_path / "tape.mp4")


def test_no_combs_and_every_image_at_its_time(tape):
    frames = list(read_frames(tape, 25))
    assert len(frames) == COUNT
    assert combs(moving_bar(5)) > 15
    assert max(map(combs, frames)) < 4
    for index, frame in enumerate(frames[1:-1], 1):
        middle = frame[20:44, ::-1, 1].mean(axis=0)  # mirrored, which the filter must not lose
        assert abs(int(np.median(np.flatnonzero(middle > 120))) - (8 * index + 4)) <= 1


def test_lone_images_have_none_either(tape):
    assert max(map(combs, sample_frames(tape, 1))) < 4


def test_times_stay(tape):
    with av.open(str(tape)) as container:
        times = [frame.time for frame in container.decode(video=0)]
        container.seek(0)
        frames = list(deinterlace(container.decode(video=0)))
    assert [frame.time for frame in frames] == times
    assert all(float(frame.duration * frame.time_base) == pytest.approx(0.04) for frame in frames)


def test_other_film_is_left_alone(tmp_path):
    with av.open(str(write_video(tmp_path / "a.mp4", seconds=0.4))) as container:
        frames = list(container.decode(video=0))
    assert all(mine is theirs for mine, theirs in zip(deinterlace(frames), frames, strict=True))
