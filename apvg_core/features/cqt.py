"""The constant-Q transform of the sound, streamed in blocks, and the windows of it that belong to frames.

librosa's CQT is the reference. Column k is centred on sample k * HOP_LENGTH. Blocks overlap by
`_CONTEXT` columns on both sides, which is more than the longest filter and the downsampling before it
reach (measured: beyond 96 columns only rounding is left), and start at multiples of HOP_LENGTH, hence of
the 128 by which librosa downsamples, so that its octaves keep their phase.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from apvg_core.config import CqtMode
from apvg_core.features.constant_q import cqt_magnitudes
from apvg_core.units import (
    CQT_FLOOR_DB,
    HOP_LENGTH,
    SAMPLE_RATE,
    WINDOW_COLUMNS,
    WINDOW_SAMPLES,
)

Floats = npt.NDArray[np.float32]

_CONTEXT = 128
_BLOCK = 1536
"""Columns computed at a time (8.9 s)."""


def window_starts(times_s: npt.NDArray[np.float64], offset: float) -> npt.NDArray[np.int64]:
    """Compute the first CQT column of each frame's window [shape=(n,)].

    Args:
        times_s: Times of the frames, in seconds [shape=(n,)].
        offset: Seconds from a frame's time to the middle of its window.
    """
    return _nearest((times_s + offset) * SAMPLE_RATE / HOP_LENGTH) - WINDOW_COLUMNS // 2


def slice_windows(cqt: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """Cut windows from a CQT; columns outside of it are silence.

    Args:
        cqt: In dB [shape=(84, columns)].
        starts: The first column of each window [shape=(n,)].

    Returns:
        In dB [shape=(n, 84, 87)].
    """
    return _slices(cqt, starts, WINDOW_COLUMNS, fill=CQT_FLOOR_DB)


def log_cqt(signal: Floats) -> Floats:
    """Compute the log-magnitude CQT of whole signals.

    Args:
        signal: Mono, 44.1 kHz [shape=(..., samples)].

    Returns:
        In dB, not below `CQT_FLOOR_DB` [shape=(..., 84, 1 + samples // 256)].
    """
    samples = signal.shape[-1]
    if samples < HOP_LENGTH:  # too short to be halved so often
        signal = np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(0, HOP_LENGTH - samples)])
    magnitude = cqt_magnitudes(signal.reshape(-1, signal.shape[-1]))[..., : 1 + samples // HOP_LENGTH]
    magnitude = magnitude.reshape(*signal.shape[:-1], *magnitude.shape[1:])
    tiny = np.finfo(np.float32).tiny  # keeps log10 finite; the floor is far above it
    decibels: Floats = 20 * np.log10(np.maximum(magnitude, tiny))
    return np.maximum(decibels, np.float32(CQT_FLOOR_DB))


def stream_cqt(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """Compute the CQT of a stream of sound, in memory that does not grow with it.

    The values do not depend on how the stream is cut, and are librosa's for the whole signal.

    Args:
        blocks: The song, mono, 44.1 kHz [shape=(n,) each].

    Yields:
        Consecutive columns in dB [shape=(84, k)]; 1 + samples // 256 in all.
    """
    reach = _CONTEXT * HOP_LENGTH
    held = np.zeros(0, np.float32)  # the sound from `context` columns before the next column on
    context = 0
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= (context + _BLOCK) * HOP_LENGTH + reach:
            stop = context + _BLOCK
            yield log_cqt(held[: stop * HOP_LENGTH + reach])[:, context:stop]
            held = held[(stop - _CONTEXT) * HOP_LENGTH :]
            context = _CONTEXT
    yield log_cqt(held)[:, context:]


def stream_windows(
    blocks: Iterable[Floats], *, count: int, fps: float, mode: CqtMode, offset: float, batch: int
) -> Iterator[Floats]:
    """Compute the windows of frames 0 to count-1, at i / fps, in memory that does not grow with the song.

    Args:
        blocks: The song, mono, 44.1 kHz [shape=(n,) each].
        count: Number of frames.
        fps: Frames a second.
        mode: See `CqtMode`.
        offset: Seconds from a frame's time to the middle of its window.
        batch: Windows to yield at a time.

    Yields:
        In dB [shape=(k, 84, 87), k <= batch].
    """
    batches = (np.arange(first, min(first + batch, count)) / fps for first in range(0, count, batch))
    if mode == "continuous":
        starts = (window_starts(times, offset) for times in batches)
        yield from _sliding(stream_cqt(blocks), starts, WINDOW_COLUMNS, fill=CQT_FLOOR_DB)
    else:
        starts = (_clip_starts(times, offset) for times in batches)
        for clips in _sliding(blocks, starts, WINDOW_SAMPLES, fill=0.0):
            yield log_cqt(clips)


def _clip_starts(times_s: npt.NDArray[np.float64], offset: float) -> npt.NDArray[np.int64]:
    """The first sample of each frame's 0.5 s clip [shape=(n,)]."""
    return _nearest((times_s + offset) * SAMPLE_RATE) - WINDOW_SAMPLES // 2


def _nearest(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.rint(values).astype(np.int64)


def _slices(array: Floats, starts: npt.NDArray[np.int64], width: int, *, fill: float) -> Floats:
    """Slices of the last axis, `fill` outside of it: (..., columns) -> (n, ..., width)."""
    out = np.full((len(starts), *array.shape[:-1], width), fill, np.float32)
    for window, start in zip(out, starts, strict=True):
        first, stop = max(start, 0), min(start + width, array.shape[-1])
        if first < stop:
            window[..., first - start : stop - start] = array[..., first:stop]
    return out


def _sliding(
    pieces: Iterable[Floats], batches: Iterable[npt.NDArray[np.int64]], width: int, *, fill: float
) -> Iterator[Floats]:
    """Yield `_slices` of the pieces joined, batch by batch; the starts must rise."""
    pieces = iter(pieces)
    held = next(pieces, np.zeros(0, np.float32))
    origin = 0
    for starts in batches:
        while True:
            passed = min(max(int(starts[0]) - origin, 0), held.shape[-1])
            held, origin = held[..., passed:], origin + passed
            if origin + held.shape[-1] >= starts[-1] + width or (piece := next(pieces, None)) is None:
                break
            held = np.concatenate([held, piece], axis=-1)
        yield _slices(held, starts - origin, width, fill=fill)
