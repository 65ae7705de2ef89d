import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apvg_core.features.cqt import log_cqt, slice_windows, stream_cqt, stream_windows, window_starts
from apvg_core.features.loudness import normalising_gain
from apvg_core.units import CQT_BINS, CQT_FLOOR_DB, CQT_FMIN, HOP_LENGTH, SAMPLE_RATE, WINDOW_SAMPLES
from tests.synth import noise, tone


def reference(signal):
    """librosa's CQT, as magnitudes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.abs(
            librosa.cqt(signal, sr=SAMPLE_RATE, hop_length=HOP_LENGTH, fmin=CQT_FMIN, n_bins=CQT_BINS)
        )


def assert_same(decibels, magnitude):
    """Equal within 1e-4 of a dB down to 20 dB below the loudest, and within rounding all the way down.

    librosa downsamples in single precision, in blocks that start where the signal does: what it adds
    is about 1e-6 of the loudest, so that much further down no two ways of computing agree.
    """
    assert decibels.shape == magnitude.shape
    meant = 20 * np.log10(np.maximum(magnitude, 1e-4))
    loud = magnitude > magnitude.max() / 10
    np.testing.assert_allclose(decibels[loud], meant[loud], rtol=0, atol=1e-4)
    floored = np.maximum(magnitude, 10 ** (CQT_FLOOR_DB / 20))
    np.testing.assert_allclose(10 ** (decibels / 20), floored, rtol=1e-5, atol=2e-6 * magnitude.max())


def joined(blocks):
    return np.concatenate(list(stream_cqt(blocks)), axis=1)


SONG = np.concatenate([noise(9.0)[:, 0], tone(3.0), 0.01 * noise(8.0, seed=1)[:, 0], tone(2.01, hertz=65.4)])
SONG_CQT = joined([SONG])


def test_a_stream_is_the_whole():
    assert_same(SONG_CQT, reference(SONG))


@pytest.mark.parametrize("seconds", [8.1, 8.9165, 9.0, 9.66, 10.5])
def test_ends_near_those_of_the_internal_blocks(seconds):
    signal = SONG[: round(seconds * SAMPLE_RATE)]
    assert_same(joined([signal]), reference(signal)[:, : 1 + len(signal) // HOP_LENGTH])


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, len(SONG)), max_size=30))
def test_cuts_do_not_matter(cuts):
    np.testing.assert_array_equal(joined(np.split(SONG, sorted(cuts))), SONG_CQT)


@pytest.mark.parametrize("samples", [0, 1, 2, 255, 256, 257, 511, 1000, 20_000])
def test_very_short(samples):
    signal = SONG[:samples]
    assert joined([signal]).shape == (CQT_BINS, 1 + samples // HOP_LENGTH)
    if samples >= HOP_LENGTH:
        assert_same(joined([signal]), reference(signal)[:, : 1 + samples // HOP_LENGTH])


def test_silence_is_the_floor():
    assert (joined([np.zeros(500_000, np.float32)]) == CQT_FLOOR_DB).all()


def test_concert_pitch_is_the_45th_semitone():
    cqt = joined([tone(2.0)])
    assert (cqt[:, 50:-50].argmax(axis=0) == 45).all()


def test_window_starts():
    starts = window_starts(np.array([0.0, 1.0, 2.0]), 0.1)
    np.testing.assert_array_equal(starts, np.rint(np.array([0.1, 1.1, 2.1]) * 44_100 / 256) - 43)
    assert starts.dtype == np.int64


def test_slices_beyond_the_ends_are_the_floor():
    cqt = np.arange(84 * 100, dtype=np.float32).reshape(84, 100)
    windows = slice_windows(cqt, np.array([-200, -10, 5, 50, 300]))
    assert windows.shape == (5, 84, 87)
    assert (windows[[0, 4]] == CQT_FLOOR_DB).all()
    assert (windows[1, :, :10] == CQT_FLOOR_DB).all()
    np.testing.assert_array_equal(windows[1, :, 10:], cqt[:, :77])
    np.testing.assert_array_equal(windows[2], cqt[:, 5:92])
    np.testing.assert_array_equal(windows[3, :, :50], cqt[:, 50:])


@pytest.mark.parametrize(
    ("fps", "offset", "batch"), [(25.0, 0.0, 32), (10.0, -0.7, 7), (29.97, 0.7, 1000), (1.0, 0, 1)]
)
def test_streamed_windows_are_slices_of_the_whole(fps, offset, batch):
    count = round(len(SONG) / SAMPLE_RATE * fps) + 5
    batches = list(
        stream_windows(
            np.split(SONG, [5000, 300_000]),
            count=count,
            fps=fps,
            mode="continuous",
            offset=offset,
            batch=batch,
        )
    )
    assert all(len(windows) == batch for windows in batches[:-1])
    meant = slice_windows(SONG_CQT, window_starts(np.arange(count) / fps, offset))
    np.testing.assert_array_equal(np.concatenate(batches), meant)


def test_clips_are_transformed_by_themselves():
    signal = SONG[: 3 * SAMPLE_RATE + 77]
    blocks = np.split(signal, [100, 50_000])
    windows = np.concatenate(
        list(stream_windows(blocks, count=31, fps=10.0, mode="clip", offset=0.05, batch=8))
    )
    padded = np.pad(signal, WINDOW_SAMPLES)
    for index in (0, 1, 2, 15, 28, 29, 30):
        first = round((index / 10 + 0.05) * SAMPLE_RATE) - WINDOW_SAMPLES // 2
        clip = padded[first + WINDOW_SAMPLES :][:WINDOW_SAMPLES]
        clip = np.pad(clip, (0, WINDOW_SAMPLES - len(clip)))
        assert_same(windows[index], reference(clip))


def test_batched_signals_equal_single_ones():
    signals = np.stack([SONG[:30_000], SONG[40_000:70_000]])
    np.testing.assert_array_equal(log_cqt(signals), np.stack([log_cqt(signal) for signal in signals]))


@pytest.mark.parametrize("mode", ["continuous", "clip"])
def test_quiet_and_loud_copies_give_the_same_windows(mode):
    signal = SONG[8 * SAMPLE_RATE : 11 * SAMPLE_RATE]

    def windows(copy):
        blocks = [copy * np.float32(normalising_gain([copy]))]
        return np.concatenate(list(stream_windows(blocks, count=30, fps=10, mode=mode, offset=0.0, batch=30)))

    loud = windows(signal)
    assert_same(windows(np.float32(0.03) * signal), 10 ** (loud / 20))
