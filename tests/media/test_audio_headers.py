"""Headers that do not fit what follows."""

import struct

import numpy as np
import pytest
import soundfile

from apvg_core.media.audio import open_song
from apvg_core.media.audio_headers import count_readable_samples, describe_damage, find_ogg_links
from tests.media.test_audio import write_mp3
from tests.media.test_audio_decoder import decoded
from tests.synth import noise, truncate, write_wav

SECONDS = 3.0


def write_pcm(path, *, riff=None, data=None):
    """A wav of 16 bits whose header may tell other sizes than the right ones."""
    soundfile.write(path, noise(SECONDS), 44_100, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    if riff is not None:
        content[4:8] = struct.pack("<I", riff)
    if data is not None:
        content[at : at + 4] = struct.pack("<I", data)
    path.write_bytes(content)
    return path


MOST = 2**32 - 1


@pytest.mark.parametrize(
    "sizes",
    [
        {"riff": 0, "data": 0},
        {"data": 0},
        {"riff": MOST, "data": MOST},
        {"riff": MOST, "data": MOST - 36},
        {"riff": 2**31 - 1, "data": 2**31 - 1},
        {"data": 2000},  # was right a while before
    ],
    ids=str,
)
def test_a_recorder_that_lost_its_power(tmp_path, sizes):
    path = write_pcm(tmp_path / "a.wav", **sizes)
    samples = count_readable_samples(path)
    assert (len(decoded(path)[0]) if samples is None else samples) == SECONDS * 44_100
    assert "a.wav was never finished" in describe_damage(path, SECONDS)


def test_what_is_there_is_played_with_a_warning(tmp_path, caplog):
    with open_song(write_pcm(tmp_path / "a.wav", riff=0, data=0)) as song:
        assert song.duration == SECONDS
        assert abs(next(song.blocks())).max() > 0.1
    assert "a.wav was never finished" in caplog.text


@pytest.mark.parametrize("suffix", ["wav", "aiff", "au", "w64"])
def test_a_download_that_was_cut_short(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise(SECONDS), 44_100, subtype="PCM_16")
    assert describe_damage(path, SECONDS) is None
    samples = count_readable_samples(truncate(path, 0.5))
    assert samples == pytest.approx(SECONDS / 2 * 44_100, abs=100)
    assert f"a.{suffix} should last 3.0 s and breaks off after 1.5 s" in describe_damage(
        path, samples / 44_100
    )


def test_an_ogg_without_its_end(tmp_path):
    path = write_wav(tmp_path / "a.ogg", noise(SECONDS))
    assert describe_damage(path, SECONDS) is None
    assert "a.ogg has no end" in describe_damage(truncate(path, 0.6), 1.8)


def test_an_mp3_that_counts_its_packets(tmp_path):
    path = write_mp3(tmp_path / "a.mp3", noise(SECONDS), 128_000, header="1")
    assert describe_damage(path, SECONDS) is None
    assert "should last 3.0 s" in describe_damage(truncate(path, 0.6), 1.8)
    guessed = write_mp3(tmp_path / "b.mp3", noise(SECONDS), 128_000, header="0")
    assert describe_damage(truncate(guessed, 0.6), 1.0) is None


def test_chunks_after_the_sound_are_not_sound(tmp_path):
    path = write_pcm(tmp_path / "a.wav")
    for chunk in (b"id3 ", b"abcd"):
        path.write_bytes(path.read_bytes() + chunk + struct.pack("<I", 300_000) + bytes(300_000))
        assert count_readable_samples(path) == SECONDS * 44_100
        assert describe_damage(path, SECONDS) is None
    short = write_pcm(tmp_path / "b.wav")
    short.write_bytes(short.read_bytes() + b"\x01\x90\x03" * 100)
    assert count_readable_samples(short) == SECONDS * 44_100


def test_the_links_of_an_ogg(tmp_path):
    path = write_wav(tmp_path / "a.ogg", noise(0.5))
    size = path.stat().st_size
    assert find_ogg_links(path) == [range(size)]
    path.write_bytes(2 * path.read_bytes())
    assert find_ogg_links(path) == [range(size), range(size, 2 * size)]
    assert find_ogg_links(write_wav(tmp_path / "a.wav", np.zeros(10, np.float32))) == []
