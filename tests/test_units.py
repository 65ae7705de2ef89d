"""The paper's feature of sound (section IV.A)."""

import librosa
import pytest

from apvg_core import units


def test_the_feature_is_84_by_87() -> None:
    assert (units.CQT_BINS, units.WINDOW_COLUMNS) == (84, 87)
    assert units.WINDOW_SAMPLES / units.SAMPLE_RATE == 0.5


def test_the_lowest_bin_is_c1() -> None:
    assert pytest.approx(librosa.note_to_hz("C1")) == units.CQT_FMIN
