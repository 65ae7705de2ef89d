"""Onsets of the music: how much new sound sets in, and when. From a stream.

The numbers are those of librosa 0.11, without its imports: it compiles its functions when it is imported, and
keeps that beside them, which is not possible everywhere (a container's user) and not safe for two
processes at once.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.units import SAMPLE_RATE

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]

_WINDOW: Final = 2048
_HOP: Final = 512
ONSET_RATE: Final = SAMPLE_RATE / _HOP
"""Values of the onset strength a second; value k belongs to the time k / ONSET_RATE."""

_DELAY: Final = _WINDOW // (2 * _HOP)
"""Columns by which a window sees an onset too early; librosa puts it right by as much."""

_COLUMNS: Final = 1024
"""Computed at a time (12 s)."""

_BEFORE: Final = int(0.03 * SAMPLE_RATE / _HOP)
_AROUND: Final = int(0.1 * SAMPLE_RATE / _HOP)
_RISE: Final = 0.07
"""What makes an onset: 30 ms, 100 ms, and a share of the range; librosa's, from a large search."""

_BANDS: Final = 128

_FLOOR: Final = 1e-5
"""Power below this is silence. librosa takes 80 dB below the loudest, which a stream does not know yet; music
of normalised loudness reaches 20 to 34 dB."""


def onset_strength(blocks: Iterable[Floats]) -> Values:
    """Return how much new sound sets in at each moment: librosa's onset strength, in dB.

    The mean over 128 mel bands of what the log-power rises by within a column of 512 samples. What keeps
    memory is one number a column; the values do not depend on how the stream is cut.

    Args:
        blocks: The recording, mono, 44.1 kHz, of normalised loudness [shape=(n,) each].

    Returns:
        `ONSET_RATE` values a second [shape=(1 + samples // 512,)].
    """
    novelty = np.concatenate([np.zeros(_DELAY), *_novelty(blocks)])
    return novelty[:-_DELAY]


def onset_times(strength: Values) -> Values:
    """Return the times of onsets in seconds, as `librosa.onset.onset_detect` picks them from the strength.

    Each is no less than the values up to `_BEFORE` columns before it, stands out by a share `_RISE` of the
    whole range from the mean of those around it, and comes more than `_BEFORE` columns after the onset
    before (Böck, Krebs and Schedl 2012).

    Args:
        strength: From `onset_strength` [shape=(columns,)].

    Returns:
        Rising [shape=(onsets,)].
    """
    least, most = strength.min(), strength.max()
    if least == most:
        return np.zeros(0)
    scaled = (strength - least) / (most - least)
    earlier = np.concatenate([np.full(_BEFORE, -np.inf), scaled])
    highest = np.lib.stride_tricks.sliding_window_view(earlier, _BEFORE + 1).max(axis=1)
    found: list[int] = []
    for column in np.flatnonzero(scaled == highest).tolist():
        around = scaled[max(0, column - _AROUND) : column + _AROUND + 1]
        free = not found or column - found[-1] > _BEFORE
        if free and scaled[column] >= around.mean() + _RISE:
            found.append(column)
    return np.array(found) / ONSET_RATE


def strength_of_steps(strength: Values, steps: int, fps: float) -> Values:
    """Return the mean onset strength during each step from one frame to the next, beside a motion's energy.

    Args:
        strength: From `onset_strength` [shape=(columns,)]; 0 is taken after its end.
        steps: Number of steps; step i lasts from i / fps to (i + 1) / fps.
        fps: Frames a second.

    Returns:
        One value a step [shape=(steps,)].
    """
    column_edges = (np.arange(len(strength) + 1) - 0.5) / ONSET_RATE
    so_far = np.concatenate([[0.0], np.cumsum(strength)]) / ONSET_RATE
    step_edges = np.arange(steps + 1) / fps
    return np.asarray(np.diff(np.interp(step_edges, column_edges, so_far)) * fps)


def _novelty(blocks: Iterable[Floats]) -> Iterator[Values]:
    last = None
    for mel in _log_mel(blocks):
        joined = np.concatenate([mel[:, :1] if last is None else last, mel], axis=1)
        yield np.maximum(np.diff(joined, axis=1), 0).mean(axis=0, dtype=np.float64)
        last = mel[:, -1:]


def _log_mel(blocks: Iterable[Floats]) -> Iterator[Floats]:
    """Yield the log mel spectrogram in portions [shape=(128, k)], in dB; column k about sample 512 k."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    edge = np.zeros(_WINDOW // 2, np.float32)
    held = edge
    for block in chain(blocks, [edge]):
        held = np.concatenate([held, block])
        while len(held) >= _WINDOW:
            columns = min(_COLUMNS, 1 + (len(held) - _WINDOW) // _HOP)
            frames = np.lib.stride_tricks.sliding_window_view(held, _WINDOW)[: columns * _HOP : _HOP]
            power = np.abs(np.fft.rfft(frames * window)) ** 2
            yield 10 * np.log10(np.maximum(_mel_bands() @ power.T, _FLOOR)).astype(np.float32)
            held = held[columns * _HOP :]


@cache
def _mel_bands() -> Values:
    """Return Slaney's filters of equal area, from 0 Hz to the highest frequency [shape=(128, 1025)].

    His mel scale is linear to 1000 Hz (15 mel) and logarithmic beyond, 27 mel for a factor of 6.4.
    """
    top = 15 + 27 * np.log(SAMPLE_RATE / 2 / 1000) / np.log(6.4)
    mel = np.linspace(0, top, _BANDS + 2)
    hertz = np.where(mel < 15, mel * 1000 / 15, 1000 * 6.4 ** ((mel - 15) / 27))
    low, middle, high = (hertz[k : k + _BANDS, None] for k in range(3))
    frequencies = np.arange(_WINDOW // 2 + 1) * SAMPLE_RATE / _WINDOW
    rising = (frequencies - low) / (middle - low)
    falling = (high - frequencies) / (high - middle)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low))
