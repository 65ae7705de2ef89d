"""Sound that libsndfile does not read, or not all of it."""

import tempfile
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from apvg_core.errors import MediaError
from apvg_core.media import container
from apvg_core.media.audio_decoder import decode_sound
from apvg_core.media.audio_headers import count_readable_samples
from apvg_core.progress import silent
from tests.synth import lag, noise, write_wav


def decoded(path):
    """The sound of a file [shape=(n, channels)], and its rate; decoded in this process."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "decoded.wav")
        decode_sound(path, target, progress=silent)
        return soundfile.read(target, dtype="float32", always_2d=True)


def encode(path, sound, codec, *, rate=44_100, **options):
    """Write sound [shape=(n, channels)] by FFmpeg."""
    layout = "mono" if sound.shape[1] == 1 else "stereo"
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate, layout=layout, options=options)
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        planar = av.AudioResampler(stream.codec_context.format.name, layout, stream.rate)
        for part in [*planar.resample(frame), *planar.resample(None)]:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path


def levels(sound, parts=2):
    return [float(np.sqrt(np.square(part).mean())) for part in np.array_split(sound, parts)]


def joined(path, *parts):
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize(("codec", "suffix"), [("aac", "aac"), ("libmp3lame", "mp3")])
@pytest.mark.parametrize("first_channels", [1, 2])
def test_bare_files_joined_end_to_end(tmp_path, codec, suffix, first_channels):
    """Radio recorders and phones write stereo and mono into one file."""
    parts = [
        encode(tmp_path / f"{n}.{suffix}", noise(2.0, channels=n), codec)
        for n in (first_channels, 3 - first_channels)
    ]
    path = joined(tmp_path / f"a.{suffix}", *parts)
    assert count_readable_samples(path) is None
    heard, rate = decoded(path)
    assert (rate, heard.shape[1]) == (44_100, first_channels)
    assert len(heard) / rate == pytest.approx(4.0, abs=0.15)
    assert min(levels(heard)) > 0.05


@pytest.mark.parametrize("second", [{"rate": 44_100, "channels": 2}, {"rate": 22_050, "channels": 1}])
@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_recordings_joined_end_to_end(tmp_path, second, subtype):
    kinds = [{"rate": 44_100, "channels": 2}, second]
    parts = []
    for index, kind in enumerate(kinds):
        rate = {44_100: 48_000, 22_050: 24_000}[kind["rate"]] if subtype == "OPUS" else kind["rate"]
        parts.append(tmp_path / f"{index}.ogg")
        soundfile.write(
            parts[-1], noise(2.0, rate=rate, channels=kind["channels"], seed=index), rate, subtype=subtype
        )
    path = joined(tmp_path / "a.ogg", *parts)
    assert count_readable_samples(path) is None
    heard, rate = decoded(path)
    assert heard.shape[1] == 2
    assert len(heard) / rate == pytest.approx(4.0, abs=0.01)
    first = noise(2.0, rate=rate, channels=2)
    assert abs(lag(heard[: 2 * rate], first)) <= 1
    assert min(levels(heard)) > 0.05


def test_flac_files_joined_end_to_end(tmp_path):
    parts = [write_wav(tmp_path / f"{seed}.flac", noise(2.0, seed=seed)) for seed in range(2)]
    path = joined(tmp_path / "a.flac", *parts)
    assert count_readable_samples(path) is None
    heard, _ = decoded(path)
    meant = np.concatenate([noise(2.0, seed=seed) for seed in range(2)])
    np.testing.assert_allclose(heard, meant, atol=2**-15)


def test_the_length_of_raw_aac_is_not_taken_for_granted(tmp_path):
    """FFmpeg guesses it from the first bit rate, so a quiet start promises ten times of what is there."""
    sound = np.concatenate([np.zeros((8 * 44_100, 1), np.float32), noise(2.0)])
    heard, rate = decoded(encode(tmp_path / "a.aac", sound, "aac"))
    assert len(heard) / rate == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [("wma", "wmav2", {}), ("ac3", "ac3", {}), ("mka", "flac", {}), ("au", "pcm_s16be", {})],
)
def test_what_players_play(tmp_path, suffix, codec, options):
    samples = noise(1.0)
    heard, rate = decoded(encode(tmp_path / f"a.{suffix}", samples, codec, **options))
    assert rate == 44_100
    assert abs(lag(heard, samples)) < 0.06 * rate
    assert levels(heard)[0] > 0.05


def test_gsm_which_libsndfile_cannot_seek_in(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(2.0, rate=8000), 8000, subtype="GSM610")
    assert count_readable_samples(path) is None
    heard, rate = decoded(path)
    assert len(heard) / rate == pytest.approx(2.0, abs=0.05)


def test_mp3_in_a_wav_is_as_long_as_it_plays(tmp_path):
    path = encode(tmp_path / "a.wav", noise(2.0), "libmp3lame")
    samples = count_readable_samples(path)
    assert samples is not None
    with soundfile.SoundFile(path) as file:
        assert len(file.read()) == samples
    assert samples / 44_100 == pytest.approx(2.0, abs=0.1)


def test_a_clock_that_leaps_fills_no_disk(tmp_path):
    first = encode(tmp_path / "first.mka", noise(0.5), "aac")
    path = tmp_path / "a.mka"
    with av.open(str(first)) as source, av.open(str(path), "w") as copy:
        track = copy.add_stream_from_template(source.streams[0])
        for packet in source.demux():
            if packet.dts is not None:
                leap = 10**8 if packet.pts > 200 else 0
                packet.stream, packet.pts, packet.dts = track, packet.pts + leap, packet.dts + leap
                copy.mux(packet)
    with pytest.raises(MediaError, match=r"a\.mka is damaged: its timestamps jump by 28 hours"):
        decoded(path)


@pytest.mark.parametrize("suffix", ["mka", "wma", "m4a"])
def test_what_is_cut_short_is_named(tmp_path, suffix):
    codec = "wmav2" if suffix == "wma" else "aac"
    path = encode(tmp_path / f"a.{suffix}", noise(4.0), codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match=rf"a\.{suffix} "):
        container.track_end(path, "audio")
        decoded(path)
