"""Channels that cancel, and such as do not."""

import numpy as np
import pytest

from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.media.downmix import choose_channel
from tests.synth import noise, write_wav


def stereo(left, right):
    return [np.concatenate([left, right], axis=1).astype(np.float32)]


A, B = noise(1.0, seed=1), noise(1.0, seed=2)


@pytest.mark.parametrize(
    ("channels", "heard"),
    [
        ((A, -A), 0),
        ((A, -0.9 * A), 0),
        ((-0.9 * A, A), 1),
        ((A + 0.3, 0.3 - 0.9 * A), 0),  # direct current is not heard
        ((A, A), None),
        ((A, B), None),
        ((A, 0 * A), None),
        ((A, -0.5 * A), None),  # half of it is left
        ((A, B - 0.8 * A), None),
        ((0 * A, 0 * A), None),
    ],
)
def test_the_louder_channel_is_heard_where_the_mean_cancels(channels, heard):
    assert choose_channel(stereo(*channels)) == heard


def test_many_unrelated_channels_do_not_cancel():
    assert choose_channel([noise(0.5, channels=64)]) is None


def test_opposite_channels_are_told_once_and_heard(tmp_path, caplog):
    samples = stereo(A, -A)[0]
    with open_song(write_wav(tmp_path / "a.wav", samples)) as song:
        for _ in range(2):
            np.testing.assert_array_equal(np.concatenate(list(mono_blocks(song))), samples[:, 0])
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "a.wav are in opposite phase" in caplog.text


def test_ordinary_stereo_is_averaged_as_ever(tmp_path, caplog):
    samples = stereo(A, B)[0]
    with open_song(write_wav(tmp_path / "a.wav", samples)) as song:
        np.testing.assert_array_equal(np.concatenate(list(mono_blocks(song))), samples.mean(axis=1))
    assert not caplog.records
