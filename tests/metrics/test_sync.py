import numpy as np
import pytest

from apvg_core.metrics.sync import Synchrony, sync_score


def test_sync_score_by_hand() -> None:
    """Own sound beats both, one, ties with one, beats neither; ends have one to compare with."""
    nan = np.nan
    events = sync_score(
        Synchrony(
            matched=np.array([1.0, 1.0, 1.0, 1.0, 1.0]),
            early=np.array([nan, 0.0, 0.0, 1.0, 2.0]),
            late=np.array([0.0, 0.5, 2.0, 0.0, nan]),
            fps=2.0,
        )
    )
    assert events is not None
    assert events.values.tolist() == pytest.approx([1.0, 1.0, 0.5, 0.75, 0.0])
    assert events.times.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_deaf_judge_gives_a_half() -> None:
    same = np.full(20, 0.3)
    events = sync_score(Synchrony(same, same, same, 10.0))
    assert events is not None
    assert events.values.mean() == 0.5


def test_frames_that_have_no_shifted_sound_have_no_score() -> None:
    none = np.full(3, np.nan)
    assert sync_score(Synchrony(np.zeros(3), none, none, 10.0)) is None
