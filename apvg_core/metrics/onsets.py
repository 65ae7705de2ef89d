"""Onsets of the music: how much new sound sets in, and when. By librosa, from a stream."""

from collections.abc import Iterable, Iterator
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

_FLOOR: Final = 1e-5
"""Power below this is silence. librosa takes 80 dB below the loudest, which a stream does not know yet; music
of normalised loudness reaches 20 to 34 dB."""


def onset_strength(blocks: Iterable[Floats]) -> Values:
    """How much new sound sets in at each moment: librosa's onset strength, in dB.

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
    """When the onsets are, in seconds, as `librosa.onset.onset_detect` picks them from the strength."""
    from librosa.onset import onset_detect

    return np.asarray(onset_detect(onset_envelope=strength, sr=SAMPLE_RATE, hop_length=_HOP, units="time"))


def strength_of_steps(strength: Values, steps: int, fps: float) -> Values:
    """The mean onset strength during each step from one frame to the next, beside a motion's energy.

    Args:
        strength: From `onset_strength`; 0 is taken after its end.
        steps: How many; step i lasts from i / fps to (i + 1) / fps.
        fps: Frames a second.

    Returns:
        (steps,).
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
    """The log-power mel spectrogram, in portions [shape=(128, k)], in dB; column k about sample 512 k."""
    import librosa

    edge = np.zeros(_WINDOW // 2, np.float32)
    held = edge
    for block in chain(blocks, [edge]):
        held = np.concatenate([held, block])
        while len(held) >= _WINDOW:
            columns = min(_COLUMNS, 1 + (len(held) - _WINDOW) // _HOP)
            mel = librosa.feature.melspectrogram(
                y=held[: (columns - 1) * _HOP + _WINDOW], sr=SAMPLE_RATE, n_fft=_WINDOW, hop_length=_HOP,
                center=False,
            )  # fmt: skip
            yield librosa.power_to_db(mel, amin=_FLOOR, top_db=None)
            held = held[columns * _HOP :]
