"""Loudness, normalised before the CQT: a quiet and a loud copy of one song give the same video."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from apvg_core.units import SAMPLE_RATE

TARGET_DB = -20.0
"""RMS that songs are brought to (dBFS)."""

SILENCE_DB = -90.0
"""A song no block of which is above this is silence (dBFS): the dither of 16 bits is at -96. The factor is
thereby at most 70 dB."""

SILENCE_GATE_DB = -45.0
"""Blocks further than this below the loudest count as silence (dB). BS.1770 has a fixed gate, which would
treat a quiet copy of a song otherwise than the song."""

RELATIVE_GATE_DB = -10.0
"""Blocks further than this below the mean of the others count as pauses (dB)."""

_STEP = SAMPLE_RATE // 10
_STEPS_PER_BLOCK = 4


def normalising_gain(blocks: Iterable[npt.NDArray[np.float32]]) -> float:
    """Compute the factor that brings a song to `TARGET_DB`, its pauses left out of account.

    RMS over 0.4 s blocks, a new one every 0.1 s, gated twice as in ITU-R BS.1770 (without its
    K-weighting), but both times relative to the song. Memory holds one number per 0.1 s.

    Args:
        blocks: The song, mono, 44.1 kHz, cut anyhow [shape=(n,) each].

    Returns:
        The factor; 1 where all is silence.
    """
    steps = np.array([(np.sum(np.square(step, dtype=np.float64)), len(step)) for step in _steps(blocks)])
    if not len(steps):
        return 1.0
    width = min(_STEPS_PER_BLOCK, len(steps))
    energy, samples = np.lib.stride_tricks.sliding_window_view(steps, width, axis=0).sum(axis=-1).T
    power = energy / samples
    if power.max() <= _power(SILENCE_DB):
        return 1.0
    loud = power[power > power.max() * _power(SILENCE_GATE_DB)]
    playing = loud[loud > loud.mean() * _power(RELATIVE_GATE_DB)]
    return float(np.sqrt(_power(TARGET_DB) / playing.mean()))


def _power(decibels: float) -> float:
    return float(10 ** (decibels / 10))


def _steps(blocks: Iterable[npt.NDArray[np.float32]]) -> Iterator[npt.NDArray[np.float32]]:
    """The same samples in steps of 0.1 s, the last one perhaps shorter."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        whole = len(rest) - len(rest) % _STEP
        yield from rest[:whole].reshape(-1, _STEP)
        rest = rest[whole:]
    if len(rest):
        yield rest
