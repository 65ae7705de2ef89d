"""Chunks that overlap, put together again."""

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from apvg_core.errors import MediaError
from apvg_core.media.chunks import Chunks, open_sound
from tests.synth import noise, read, write_wav

RATE = 8000
STEP = RATE // 10


def cut(folder, samples, *, length, subtype="PCM_16", rate=RATE):
    """Cut sound [shape=(n, channels)] into chunks of `length` samples, a step apart."""
    paths = []
    for first in range(0, len(samples) - length + 1, rate // 10):
        paths.append(folder / f"cello01_{len(paths)}.wav")
        soundfile.write(paths[-1], samples[first : first + length], rate, subtype=subtype)
    return Chunks(tuple(paths))


@given(
    steps=st.integers(0, 12),
    overlap=st.integers(0, 5 * STEP),
    channels=st.sampled_from([1, 2]),
    subtype=st.sampled_from(["PCM_16", "PCM_24"]),
    seed=st.integers(0, 2**16),
)
def test_the_sound_comes_back_sample_by_sample(tmp_path_factory, steps, overlap, channels, subtype, seed):
    folder = tmp_path_factory.mktemp("chunks")
    length = STEP + overlap
    whole = np.random.default_rng(seed).integers(-(2**15), 2**15, (length + steps * STEP, channels))
    exact = (whole / 2**15).astype(np.float32)
    made = cut(folder, (whole << 16).astype(np.int32), length=length, subtype=subtype)
    assert len(made.paths) == steps + 1
    with open_sound(made) as song:
        assert (song.sample_rate, song.channels, song.samples) == (RATE, channels, len(whole))
        np.testing.assert_array_equal(read(song), exact)


def test_progress_and_cleanup(tmp_path):
    told = []
    made = cut(tmp_path, noise(1.0, rate=RATE), length=5 * STEP)
    with open_sound(made, on_progress=lambda task, done, total: told.append((done, total))) as song:
        scratch = song._readable
        assert scratch.exists()
    assert told == [(k, 6) for k in range(1, 7)]
    assert not scratch.exists()


def test_a_file_is_opened_as_it_is(tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(0.5))
    with open_sound(path) as song:
        np.testing.assert_array_equal(read(song), noise(0.5))


def test_rounding_is_forgiven_and_nothing_else(tmp_path):
    made = cut(tmp_path, noise(1.0, rate=RATE), length=5 * STEP)
    samples, _ = soundfile.read(made.paths[3], dtype="int16")
    soundfile.write(made.paths[3], samples + np.int16(2), RATE)
    with open_sound(made) as song:
        assert song.samples == RATE
    samples[10] += 9
    soundfile.write(made.paths[3], samples, RATE)
    with pytest.raises(MediaError, match=r"cello01_3\.wav contradicts"):
        open_sound(made)


def test_a_chunk_of_another_recording(tmp_path):
    made = cut(tmp_path, noise(1.0, rate=RATE), length=5 * STEP)
    soundfile.write(made.paths[2], noise(0.5, rate=RATE, seed=5), RATE)
    with pytest.raises(MediaError, match=r"cello01_2\.wav contradicts"):
        open_sound(made)


@pytest.mark.parametrize("change", ["short", "rate", "channels"])
def test_a_chunk_unlike_the_others(tmp_path, change):
    made = cut(tmp_path, noise(1.0, rate=RATE), length=5 * STEP)
    samples, rate = soundfile.read(made.paths[2], always_2d=True)
    if change == "short":
        samples = samples[:-3]
    elif change == "rate":
        rate = 2 * RATE
    else:
        samples = np.repeat(samples, 2, axis=1)
    soundfile.write(made.paths[2], samples, rate)
    with pytest.raises(MediaError, match=r"cello01_2\.wav differs"):
        open_sound(made)


def test_chunks_that_cannot_be_read(tmp_path):
    made = cut(tmp_path, noise(1.0, rate=RATE), length=5 * STEP)
    made.paths[4].write_text("no sound")
    with pytest.raises(MediaError, match=r"cello01_4\.wav cannot be read"):
        open_sound(made)
    made.paths[4].unlink()
    with pytest.raises(MediaError, match=r"cello01_4\.wav does not exist"):
        open_sound(made)
    soundfile.write(made.paths[0], noise(0.05, rate=RATE), RATE)
    with pytest.raises(MediaError, match=r"cello01_0\.wav has 400 samples"):
        open_sound(made)


def test_nothing_stays_behind_on_an_error(tmp_path, monkeypatch):
    made = cut(tmp_path, noise(1.0, rate=RATE), length=5 * STEP)
    made.paths[4].unlink()
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    with pytest.raises(MediaError):
        open_sound(made)
    assert not list((tmp_path / "scratch").iterdir())
