import numpy as np
import pytest

from apvg_core.metrics import playing as module
from tests.metrics.player import FPS, STROKES, TIMES, playing


def test_the_wrist_is_projected_on_the_true_axis() -> None:
    wrist = playing(0.3 + STROKES).wrist
    assert wrist is not None
    np.testing.assert_allclose(wrist.predicted - wrist.real, 0.3, atol=1e-6)
    assert wrist.mask.all()


def test_a_wrist_that_is_hardly_ever_visible_has_no_track() -> None:
    visible = np.ones((80, 60), bool)
    visible[2:, module.WRIST] = False
    assert playing(visible=visible).wrist is None


def test_a_bow_departs_and_a_slide_arrives() -> None:
    steps = np.where(TIMES < 4, 0.4, 0.6)
    steps[38:42] = [0.4, 0.45, 0.55, 0.6]
    departure, arrival = (playing(steps, bowed=bowed).hand_events for bowed in (True, False))
    assert departure == pytest.approx([3.8], abs=0.15)
    assert arrival == pytest.approx([4.1], abs=0.15)
    assert departure < arrival


def test_silence_has_no_onsets_and_no_lag() -> None:
    still = playing()
    assert still.onsets.size == 0
    assert still.lag is None
    assert still.duration == 80 / FPS
    assert still.energy.shape == still.hand_energy.shape == (79,)
