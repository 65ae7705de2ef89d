"""The constants of sound and time, each derived from the ones before it.

The CQT settings are the paper's (section IV.A): 44 100 Hz, hop 256, features of 84 x 87.
"""

from typing import Final

SAMPLE_RATE: Final = 44_100
"""Samples a second of all audio inside the toolkit (Hz)."""

HOP_LENGTH: Final = 256
"""Samples between two CQT columns."""

BINS_PER_OCTAVE: Final = 12
OCTAVES: Final = 7
CQT_BINS: Final = OCTAVES * BINS_PER_OCTAVE
"""Rows of the CQT: 84 semitones from C1."""

CQT_FMIN: Final = 440.0 * 2 ** ((24 - 69) / 12)
"""Frequency of the lowest bin: C1 (MIDI note 24), 32.703 Hz."""

WINDOW_SAMPLES: Final = SAMPLE_RATE // 2
"""Samples of the 0.5 s clip that one frame sees."""

WINDOW_SECONDS: Final = WINDOW_SAMPLES / SAMPLE_RATE
"""Length of that clip; moments so far apart hear nothing in common."""

WINDOW_COLUMNS: Final = 1 + WINDOW_SAMPLES // HOP_LENGTH
"""Columns of one clip's CQT: 87."""

CQT_FLOOR_DB: Final = -80.0
"""Log-magnitudes below this are raised to it; silence is exactly this value (dB)."""

assert WINDOW_SAMPLES * 2 == SAMPLE_RATE
assert (CQT_BINS, WINDOW_COLUMNS) == (84, 87), "the paper's feature is 84 x 87"
