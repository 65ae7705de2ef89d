import subprocess
import sys
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from apvg_core.errors import ConfigError
from apvg_core.media.audio import open_song
from apvg_core.media.frame_maker import Inset
from apvg_core.media.video import probe, read_frames
from apvg_core.media.video_writer import VideoWriter, exact_rate
from tests.synth import image, index_of, lag, noise, read, write_wav


def encode(path, song, *, fps=25.0, count=None, metadata=None):
    count = round(song.duration * fps) if count is None else count
    with VideoWriter(path, fps=fps, width=96, height=64, song=song, metadata=metadata or {}) as writer:
        for index in range(count):
            writer.write(image(index))
    return path


@pytest.mark.parametrize(
    ("rate", "channels"), [(44_100, 1), (44_100, 2), (48_000, 1), (48_000, 2), (22_050, 2)]
)
def test_the_sound_is_the_song_to_the_sample(tmp_path, rate, channels):
    samples = noise(2.0176, rate=rate, channels=channels)
    with open_song(write_wav(tmp_path / "a.wav", samples, rate=rate)) as song:
        path = encode(tmp_path / "a.mp4", song, fps=29.97)
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        assert track.start_time == 0
        assert (track.duration, track.time_base) == (len(samples), Fraction(1, rate))
    with open_song(path) as song:
        assert (song.sample_rate, song.channels) == (rate, channels)
        heard = read(song)
    assert heard.shape == samples.shape
    assert lag(heard, samples) == 0


def test_a_rate_that_aac_lacks_and_many_channels(tmp_path):
    samples = noise(1.5, rate=37_800, channels=6)
    with open_song(write_wav(tmp_path / "a.wav", samples, rate=37_800)) as song:
        path = encode(tmp_path / "a.mp4", song)
    with open_song(path) as song:
        assert (song.sample_rate, song.channels) == (48_000, 2)
        assert song.samples == round(len(samples) * 48_000 / 37_800)


@pytest.mark.parametrize(("fps", "count"), [(25.0, 1), (25.0, 50), (29.97, 61), (10.0, 20), (23.976, 3)])
def test_every_frame_has_its_time(tmp_path, fps, count):
    with open_song(write_wav(tmp_path / "a.wav", noise(2.04))) as song:
        path = encode(tmp_path / "a.mp4", song, fps=fps, count=count)
    assert probe(path).duration == pytest.approx(float(count / exact_rate(fps)), abs=1e-4)
    assert probe(path).fps == pytest.approx(float(exact_rate(fps)))
    assert [index_of(frame) for frame in read_frames(path, fps)] == [i % 50 for i in range(count)]


def test_without_a_song(tmp_path):
    path = encode(tmp_path / "a.mp4", None, count=10)
    info = probe(path)
    assert (info.duration, info.has_audio) == (0.4, False)


def test_colours_survive_and_are_declared(tmp_path):
    colour = np.full((64, 96, 3), (200, 60, 30), np.uint8)
    with VideoWriter(tmp_path / "a.mp4", fps=25, width=96, height=64, song=None, metadata={}) as writer:
        writer.write(colour)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frame = next(container.decode(video=0))
        codec = container.streams.video[0].codec_context
        assert (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range) == (1, 1, 1, 1)
        assert frame.format.name == "yuv420p"
    decoded = next(read_frames(tmp_path / "a.mp4", 25))
    np.testing.assert_allclose(decoded.astype(int), colour, atol=3)


@pytest.mark.parametrize("name", ["film.mp4", "film.webm"])
def test_the_same_frames_make_the_same_packets(tmp_path, name):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (8, 64, 64, 3), np.uint8).repeat(2, 0)
    films = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / name
        with VideoWriter(path, fps=25, width=64, height=64, song=None, metadata={}) as film:
            for frame in frames:
                film.write(frame)
        with av.open(str(path)) as container:
            films.append([bytes(packet) for packet in container.demux(video=0)])
    assert films[0] == films[1]
    if name == "film.mp4":
        assert b" threads=1 " in path.read_bytes()  # more of them would tell themselves in the image


def test_metadata_and_faststart(tmp_path):
    path = encode(tmp_path / "a.mp4", None, count=3, metadata={"synthetic": "by apvg", "comment": "run x"})
    with av.open(str(path)) as container:
        assert container.metadata["synthetic"] == "by apvg"
        assert container.metadata["comment"] == "run x"
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_sound_and_images_are_interleaved(tmp_path):
    with open_song(write_wav(tmp_path / "a.wav", noise(12.0))) as song:
        path = encode(tmp_path / "a.mp4", song)
    with av.open(str(path)) as container:
        reached = [0.0, 0.0]
        for packet in container.demux():
            if packet.dts is not None:
                reached[packet.stream_index] = float(packet.dts * packet.time_base)
                assert abs(reached[0] - reached[1]) < 2.5


@pytest.mark.parametrize("name", ["file/a.mp4", "file/b/a.mp4", "folder.mp4"])
def test_where_it_cannot_be_written(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "folder.mp4").mkdir()
    with (
        pytest.raises(ConfigError, match=name.split("/")[-1]),
        VideoWriter(tmp_path / name, fps=25, width=96, height=64, song=None, metadata={}),
    ):
        pass


@pytest.mark.parametrize("frames", [0, 1, 60])
def test_an_error_leaves_what_was_there(tmp_path, frames):
    path = tmp_path / "a.mp4"
    path.write_text("precious")

    def write():
        with VideoWriter(path, fps=25, width=96, height=64, song=None, metadata={}) as writer:
            for index in range(frames):
                writer.write(image(index))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("fps", "fraction"),
    [(29.97, (30_000, 1001)), (30_000 / 1001, (30_000, 1001)), (23.976, (24_000, 1001)),
     (59.94, (60_000, 1001)), (25.0, (25, 1)), (10.0, (10, 1)), (12.5, (25, 2)), (0.1, (1, 10))],
)  # fmt: skip
def test_exact_rate(fps, fraction):
    assert exact_rate(fps) == Fraction(*fraction)


def test_a_whole_rate_is_itself():
    assert [exact_rate(float(fps)) for fps in range(1, 121)] == list(range(1, 121))


@pytest.mark.parametrize("whole", [1, 24, 30, 48, 60, 120])
def test_an_ntsc_rate_may_be_rounded(whole):
    exact = Fraction(whole * 1000, 1001)
    assert exact_rate(float(exact)) == exact_rate(round(float(exact), 3)) == exact


def test_a_webm_has_the_song_to_the_sample_too(tmp_path):
    samples = noise(2.0176, rate=48_000, channels=2)
    with open_song(write_wav(tmp_path / "a.wav", samples, rate=48_000)) as song:
        path = encode(tmp_path / "a.webm", song, metadata={"synthetic": "true", "comment": "by apvg"})
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "vp9"
        assert container.streams.audio[0].codec_context.name == "opus"
        tags = {key.lower(): value for key, value in container.metadata.items()}
        assert (tags["synthetic"], tags["comment"]) == ("true", "by apvg")
    assert [index_of(frame) for frame in read_frames(path, 25)] == [i % 50 for i in range(50)]
    with open_song(path) as song:
        heard = read(song)
    assert abs(len(heard) - len(samples)) <= 48  # the container's clock ticks in milliseconds
    assert lag(heard, samples) == 0


def test_a_gif_has_every_frame_and_says_what_it_is(tmp_path):
    path = encode(tmp_path / "a.gif", None, count=30, metadata={"comment": "synthetic, by apvg"})
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert [index_of(frame.to_ndarray(format="rgb24")) for frame in frames] == list(range(30))
    assert [round(frame.time, 3) for frame in frames[:3]] == [0.0, 0.04, 0.08]
    assert b"\x21\xfe\x12synthetic, by apvg\x00\x3b" in path.read_bytes()


def test_pngs_are_exact_and_say_what_they_are(tmp_path):
    path = encode(tmp_path / "frames", None, count=3, metadata={"comment": "synthetic, by apvg"})
    assert [image.name for image in sorted(path.iterdir())] == ["000000.png", "000001.png", "000002.png"]
    for index, name in enumerate(sorted(path.iterdir())):
        np.testing.assert_array_equal(cv2.imread(str(name))[..., ::-1], image(index))
    assert b"Comment\x00synthetic, by apvg" in name.read_bytes()


def test_pngs_replace_images_and_nothing_else(tmp_path):
    path = encode(tmp_path / "frames", None, count=3)
    for name in (".DS_Store", "._000000.png"):  # what a Mac leaves
        (path / name).touch()
    encode(path, None, count=2)
    assert len(list(path.iterdir())) == 2
    (path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"frames cannot be written \(it holds other files\)"):
        encode(path, None, count=3)
    assert sorted(p.name for p in path.iterdir()) == ["000000.png", "000001.png", "notes.txt"]
    assert [p.name for p in tmp_path.iterdir()] == ["frames"]


def another_process():
    """One that lives until it is told to end."""
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def test_a_film_that_another_process_is_writing_is_left_to_it(tmp_path):
    with another_process() as other:
        part = tmp_path / f".a.mp4.{other.pid}.part"
        part.touch()
        with pytest.raises(ConfigError, match=f"being written already, by process {other.pid}"):
            encode(tmp_path / "a.mp4", None, count=3)
        assert list(tmp_path.iterdir()) == [part]
        encode(tmp_path / "b.mp4", None, count=3)
        other.communicate(b"\n")
    encode(tmp_path / "a.mp4", None, count=3)  # it was killed, and what it left is removed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a"])
def test_a_film_that_another_command_has_made_meanwhile_stays(tmp_path, name):
    path = tmp_path / name
    with (
        pytest.raises(ConfigError, match="was made by another command in the meantime"),
        VideoWriter(path, fps=25.0, width=96, height=64, song=None, metadata={}) as writer,
    ):
        writer.write(image(0))
        path.write_text("another's")
    assert path.read_text() == "another's"
    assert list(tmp_path.iterdir()) == [path]


def see_through(index):
    """A frame, transparent in its left half."""
    opacity = np.zeros((64, 96, 1), np.uint8)
    opacity[:, 48:] = 255
    return np.concatenate([image(index), opacity], 2)


def decoded_with_opacity(path):
    """Frames (h, w, 4); only libvpx itself reads a webm's opacity."""
    if path.is_dir():
        return [
            cv2.imread(str(name), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]] for name in sorted(path.iterdir())
        ]
    with av.open(str(path)) as container:
        if path.suffix == ".mov":
            frames = list(container.decode(video=0))
        else:
            decoder = av.CodecContext.create("libvpx-vp9", "r")
            frames = [
                frame
                for packet in container.demux(video=0)
                if packet.size
                for frame in decoder.decode(packet)
            ]
        return [frame.reformat(format="rgba", threads=1).to_ndarray() for frame in frames]


@pytest.mark.parametrize(("name", "off"), [("a.webm", 12), ("a.mov", 6), ("a", 0)])
def test_transparency_is_kept(tmp_path, name, off):
    path = tmp_path / name
    with VideoWriter(path, fps=25, width=96, height=64, song=None, metadata={}, see_through=True) as writer:
        for index in range(5):
            writer.write(see_through(index))
    frames = decoded_with_opacity(path)
    assert len(frames) == 5
    for index, frame in enumerate(frames):
        assert frame[:, :40, 3].max() <= 3
        assert frame[:, 56:, 3].min() >= 252
        np.testing.assert_allclose(frame[:, 56:, :3].astype(int), image(index)[:, 56:], atol=off)


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mov", "a.gif", "a"])
def test_every_format_has_insets(tmp_path, name):
    """A white square in a black picture."""
    inset = Inset(np.zeros((64, 96, 3), np.uint8), left=16, top=32, side=32)
    with VideoWriter(
        tmp_path / name, fps=25, width=96, height=64, song=None, metadata={}, inset=inset
    ) as writer:
        writer.write(np.full((8, 8, 3), 255, np.uint8))
    made = sorted(path for path in (tmp_path / name).iterdir())[0] if name == "a" else tmp_path / name
    with av.open(str(made)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    expected = np.zeros((64, 96, 3))
    expected[32:, 16:48] = 255
    np.testing.assert_allclose(frame, expected, atol=8)
