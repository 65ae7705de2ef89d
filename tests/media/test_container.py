"""Clocks, tracks and names of containers."""

import av
import numpy as np
import pytest

from apvg_core.errors import MediaError
from apvg_core.media.audio import open_song
from apvg_core.media.container import TrackClock, clock_zero, default_track, open_container, track_end
from apvg_core.media.video import read_frames
from apvg_core.media.video_writer import VideoWriter
from tests.media.test_audio_decoder import decoded
from tests.synth import image, index_of, lag, noise, truncate, write_m4a, write_video


def shifted(path, target, seconds, **options):
    """Copy the packets of a file with later time stamps, as a piece of a longer recording has them."""
    with av.open(str(path)) as source, av.open(str(target), "w", options=options) as copy:
        tracks = {stream.index: copy.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = tracks[packet.stream_index]
                packet.pts += round(seconds / packet.time_base)
                packet.dts += round(seconds / packet.time_base)
                copy.mux(packet)
    return target


FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


@pytest.mark.parametrize(
    ("suffix", "options"), [("mkv", {}), ("mp4", {}), ("ts", {}), ("mp4", FRAGMENTS)], ids=str
)
@pytest.mark.parametrize("sound_start", [0.0, 0.5])
def test_a_piece_of_a_longer_recording_begins_at_0(tmp_path, suffix, options, sound_start):
    samples = noise(1.0)
    whole = write_video(tmp_path / "a.mp4", sound=samples, sound_start=sound_start)
    piece = shifted(whole, tmp_path / f"piece.{suffix}", 3600.0, **options)
    heard, rate = decoded(piece)
    first = next(read_frames(piece, 25))
    late = lag(heard, samples) / rate
    assert index_of(first) == 0
    assert -0.002 < late - sound_start < 0.1  # a copy may keep the encoders' delay, of both tracks
    assert track_end(piece, "video") == pytest.approx(2.0, abs=0.1)
    # sound and images stay together
    frames = [index_of(frame) for frame in read_frames(piece, 500)]
    assert frames.index(25) / 500 - 1.0 == pytest.approx(late - sound_start, abs=0.07)


def test_a_song_that_begins_late_begins_at_once(tmp_path):
    samples = noise(1.0)
    path = shifted(write_m4a(tmp_path / "a.m4a", samples), tmp_path / "b.mkv", 2501.0)
    heard, rate = decoded(path)
    assert lag(heard, samples) / rate < 0.03
    assert len(heard) / rate == pytest.approx(1.0, abs=0.05)


def test_a_fragment_is_not_damaged_and_a_torn_one_is(tmp_path):
    whole = write_m4a(tmp_path / "a.m4a", noise(2.0))
    piece = shifted(whole, tmp_path / "b.mp4", 50.0, **FRAGMENTS)
    assert track_end(piece, "audio") == pytest.approx(2.0, abs=0.05)
    with pytest.raises(MediaError, match=r"b\.mp4"):
        track_end(truncate(piece, 0.6), "audio")


def test_sound_before_0_is_the_encoders_run_up(tmp_path):
    path = write_video(tmp_path / "a.webm", sound=noise(1.0, rate=48_000), rate=48_000)
    with open_container(path) as container:
        assert clock_zero(container) == 0


def test_films_joined_end_to_end_are_named(tmp_path):
    path = shifted(write_video(tmp_path / "a.mp4", sound=noise(2.0)), tmp_path / "a.ts", 0.0)
    path.write_bytes(2 * path.read_bytes())
    with pytest.raises(MediaError, match=r"a\.ts is several films in one file: after 2\.\d s"):
        track_end(path, "video")
    assert track_end(path, "audio") == pytest.approx(4.0, abs=0.1)


def test_a_clock_that_starts_anew_goes_on():
    clock = TrackClock(10.0)
    assert [clock(10.0, 11.0), clock(11.0, 12.5), clock(0.5, 1.5), clock(1.5, 2.5)] == [0.0, 1.0, 2.5, 3.5]
    assert (clock.joined, clock.end) == (2.5, 4.5)
    images = TrackClock(0.0)  # their order is not that of their times
    assert [images(time, time + 0.04) for time in (0.0, 0.12, 0.04, 0.08)] == [0.0, 0.12, 0.04, 0.08]
    assert images.joined is None


def write_tracks(path, sounds, default):
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("aac", rate=44_100, layout="mono") for _ in sounds]
        for index, track in enumerate(tracks):
            track.disposition = av.stream.Disposition.default if index == default else 0
        for track, sound in zip(tracks, sounds, strict=True):
            frame = av.AudioFrame.from_ndarray(sound.T.copy(), format="fltp", layout="mono")
            frame.sample_rate = 44_100
            container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return path


def test_of_several_tracks_the_default_one_is_played(tmp_path, caplog):
    samples = noise(1.0)
    path = write_tracks(tmp_path / "a.mkv", [np.zeros_like(samples), samples], default=1)
    with open_container(path) as container:
        assert default_track(container, "audio").index == 1
    with caplog.at_level("INFO"), open_song(path) as song:
        assert max(abs(block).max() for block in song.blocks()) > 0.2
    assert "a.mkv has 2 sound tracks" in caplog.text


def test_names_with_a_colon(tmp_path):
    song = write_m4a(tmp_path / "12:30 Bach: Suite.m4a", noise(0.3))
    assert track_end(song, "audio") == pytest.approx(0.3, abs=0.05)
    assert len(decoded(song)[0]) == 13_230
    for name in ("Take: 1.mp4", "Take: 1.gif"):
        out = tmp_path / name
        with VideoWriter(out, fps=25, width=96, height=64, song=None, metadata={}) as film:
            film.write(image(0))
        assert out.stat().st_size > 100
