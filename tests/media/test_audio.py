import av
import numpy as np
import pytest
import soundfile

from apvg_core.errors import ConfigError, MediaError
from apvg_core.media.audio import mono_blocks, open_song
from tests.synth import RATE, lag, noise, read, tone, truncate, write_m4a, write_video, write_wav


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_wav_is_read_bit_by_bit_as_often_as_wanted(tmp_path, channels):
    samples = noise(0.5, rate=8000, channels=channels)
    with open_song(write_wav(tmp_path / "a.wav", samples, rate=8000)) as song:
        assert (song.sample_rate, song.channels, song.samples) == (8000, channels, 4000)
        assert song.duration == 0.5
        for size in (999, 65_536):
            np.testing.assert_array_equal(read(song, size=size), samples)
        for first, second in zip(song.blocks(500), song.blocks(500), strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_other_formats_of_libsndfile_keep_time(tmp_path, suffix):
    samples = noise(1.0, channels=2)
    with open_song(write_wav(tmp_path / f"a.{suffix}", samples)) as song:
        heard = read(song)
    assert heard.shape == samples.shape
    assert lag(heard, samples) == 0


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (48_000, 2)])
def test_aac_comes_back_to_the_sample(tmp_path, rate, channels):
    samples = noise(1.03, rate=rate, channels=channels)
    with open_song(write_m4a(tmp_path / "a.m4a", samples, rate=rate)) as song:
        heard = read(song)
        decoded = song._readable
    assert heard.shape == samples.shape
    assert lag(heard, samples) == 0
    assert not decoded.exists()


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_a_track_that_starts_late_is_preceded_by_silence(tmp_path, suffix):
    samples = noise(1.0)
    path = write_video(tmp_path / f"a.{suffix}", sound=samples, sound_start=0.5)
    with open_song(path) as song:
        heard = read(song)
    allowed = 44 if suffix == "mkv" else 0  # Matroska tells time in milliseconds
    assert abs(lag(heard, samples) - 22_050) <= allowed
    assert abs(heard[:20_000]).max() == 0


def test_webm_keeps_time(tmp_path):
    samples = noise(1.0, rate=48_000)
    with open_song(write_video(tmp_path / "a.webm", sound=samples, rate=48_000)) as song:
        assert song.sample_rate == 48_000
        assert abs(lag(read(song), samples)) <= 48


def test_decoding_reports_progress(tmp_path):
    reports = []
    path = write_m4a(tmp_path / "a.m4a", noise(0.5))
    with open_song(path, on_progress=lambda *report: reports.append(report)):
        pass
    assert reports[-1][1] == pytest.approx(reports[-1][2], abs=0.03)


def test_not_a_number_becomes_silence(tmp_path):
    samples = np.array([0.5, np.nan, np.inf, -np.inf, -0.5], np.float32)
    with open_song(write_wav(tmp_path / "a.wav", samples)) as song:
        np.testing.assert_array_equal(read(song)[:, 0], [0.5, 0, 0, 0, -0.5])


@pytest.mark.parametrize("loudest", [1e3, 1e20, 3e38])
def test_absurd_values(tmp_path, loudest):
    samples = (noise(0.5) * loudest).astype(np.float32)
    with (
        open_song(write_wav(tmp_path / "a.wav", samples)) as song,
        pytest.raises(MediaError, match=r"a\.wav holds values up to .* lie between -1 and 1"),
    ):
        read(song)


def test_absurd_values_of_double_precision(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(0.5).astype(np.float64) * 1e300, RATE, subtype="DOUBLE")
    with open_song(tmp_path / "a.wav") as song, pytest.raises(MediaError, match="holds values up to 9e"):
        read(song)


def test_a_master_that_is_too_hot_is_played_as_it_is(tmp_path):
    samples = noise(0.5) * 10
    with open_song(write_wav(tmp_path / "a.wav", samples)) as song:
        np.testing.assert_array_equal(read(song), samples)


@pytest.mark.parametrize("rate", [1, 999, 10**9])
def test_a_sample_rate_that_no_sound_has(tmp_path, rate):
    with pytest.raises(MediaError, match=rf"a\.wav says it has {rate} samples a second"):
        open_song(write_wav(tmp_path / "a.wav", noise(0.1), rate=rate))


def test_names_that_are_no_utf_8(tmp_path):
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    for suffix in ("wav", "m4a"):
        path = folder / f"s\udcfc.{suffix}"
        made = tmp_path / f"a.{suffix}"
        write = write_wav if suffix == "wav" else write_m4a
        write(made, noise(0.2)).rename(path)
        with open_song(path) as song:
            assert song.duration == pytest.approx(0.2)


def test_missing(tmp_path):
    with pytest.raises(MediaError, match=r"a\.wav does not exist"):
        open_song(tmp_path / "a.wav")


def test_text_named_wav(tmp_path):
    path = tmp_path / "a.wav"
    path.write_text("this is no song\n" * 100)
    with pytest.raises(MediaError, match=r"a\.wav cannot be decoded"):
        open_song(path)


def test_no_samples(tmp_path):
    with pytest.raises(MediaError, match=r"a\.wav holds no samples"):
        open_song(write_wav(tmp_path / "a.wav", np.zeros(0, np.float32)))


def test_no_sound_track(tmp_path):
    with pytest.raises(MediaError, match=r"a\.mp4 has no sound"):
        open_song(write_video(tmp_path / "a.mp4"))


@pytest.mark.parametrize("faststart", [False, True])
def test_truncated_m4a(tmp_path, faststart):
    path = write_m4a(tmp_path / "a.m4a", noise(3.0), faststart=faststart)
    with pytest.raises(MediaError, match=r"a\.m4a .*damaged"):
        open_song(truncate(path, 0.6))


def test_truncated_where_the_header_promises_more(tmp_path):
    path = truncate(write_wav(tmp_path / "a.flac", noise(3.0)), 0.6)
    with open_song(path) as song, pytest.raises(MediaError, match=r"a\.flac"):
        read(song)


def write_mp3(path, sound, bit_rate, header="0"):
    with av.open(str(path), "w", options={"write_xing": header, "id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=44_100, layout="mono")
        stream.codec_context.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(sound[:, :1].T.copy(), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("header", ["1", "0"])
def test_an_mp3_is_as_long_as_it_plays(tmp_path, header):
    """Without a Xing header its length can only be guessed, and libsndfile's guess is off."""
    sound = noise(5.0)
    with open_song(write_mp3(tmp_path / "a.mp3", sound, 128_000, header)) as song:
        assert len(read(song)) == song.samples
        assert abs(song.samples - len(sound)) <= 3 * 1152  # without the header the padding stays


@pytest.mark.parametrize("rates", [(192_000, 64_000), (64_000, 192_000)])
def test_an_mp3_whose_bit_rate_changes_is_as_long_as_it_plays(tmp_path, rates):
    """From the first packets libsndfile and FFmpeg guess half of its length, or twice."""
    parts = [write_mp3(tmp_path / f"{rate}.mp3", noise(4.0), rate).read_bytes() for rate in rates]
    path = tmp_path / "a.mp3"
    path.write_bytes(b"".join(parts))
    with open_song(path) as song:
        assert len(read(song)) == song.samples
        assert abs(song.duration - 8) < 0.2


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 96_000])
def test_mono_has_the_length_it_should_and_keeps_time(tmp_path, rate):
    samples = np.stack([tone(1.2345, rate=rate), np.zeros(round(1.2345 * rate))], axis=1, dtype=np.float32)
    with open_song(write_wav(tmp_path / "a.wav", samples, rate=rate)) as song:
        mono = np.concatenate(list(mono_blocks(song)))
    assert mono.dtype == np.float32
    assert len(mono) == round(len(samples) * 44_100 / rate)
    meant = tone(1.2345)[: len(mono)] / 2
    middle = slice(4000, 50_000)
    np.testing.assert_allclose(mono[middle], meant[middle], atol=1e-4)


@pytest.mark.parametrize("samples", [1, 2, 3, 100, 65_536, 65_537])
@pytest.mark.parametrize("rate", [11_025, 48_000, 192_000])
def test_mono_of_any_length(tmp_path, samples, rate):
    with open_song(write_wav(tmp_path / "a.wav", np.ones(samples, np.float32), rate=rate)) as song:
        assert sum(map(len, mono_blocks(song))) == round(samples * 44_100 / rate)


def test_nothing_temporary_is_left(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    path = write_m4a(tmp_path / "a.m4a", noise(0.2))
    with open_song(path) as song:
        assert soundfile.info(next(scratch.glob("*/*"))).frames == song.samples
    with pytest.raises(MediaError):
        open_song(truncate(path, 0.5))
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_part_is_cut_to_the_sample(tmp_path, suffix):
    path = write_wav(tmp_path / f"a{suffix}", noise(3.0, channels=2))
    with open_song(path) as song:
        whole = read(song)
    first, count = round(1.2345 * RATE), round(0.7 * RATE)
    with open_song(path) as song:
        part = song.part(1.2345, 0.7)
        assert part.duration == count / RATE
        for _ in range(2):
            np.testing.assert_array_equal(read(part, 5000), whole[first : first + count])
        np.testing.assert_array_equal(read(part.part(0.1)), whole[first + 4410 : first + count])
        with pytest.raises(ConfigError, match="Nothing is left of"):
            part.part(0.7)
        np.testing.assert_array_equal(read(song), whole)
