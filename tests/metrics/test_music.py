import numpy as np
import pytest

from apvg_core.metrics import music
from tests.metrics.player import STROKES, TIMES, known, playing


def test_agreement_with_the_true_wrist() -> None:
    assert music.wrist_agreement(playing()) == pytest.approx(1)
    assert music.wrist_agreement(playing(1 - STROKES)) == pytest.approx(-1)
    assert music.wrist_agreement(playing(np.full(80, 0.5))) is None  # a still agrees with nothing
    assert music.wrist_agreement(playing(sounding=np.zeros(80, bool))) is None


def test_agreement_with_what_is_known() -> None:
    slide = playing(**known(-3 * STROKES, "slide"))
    assert music.known_agreement(slide, "slide") == pytest.approx(1, abs=1e-6)
    assert music.known_agreement(slide, "bow") is None
    assert music.known_agreement(playing(), "slide") is None


def test_the_slides_error_is_told_in_its_own_unit() -> None:
    metres = 3 * STROKES - 1  # a tenth of the image is 30 cm
    assert music.known_error(playing(**known(metres, "slide")), "bow") is None
    for track, centimetres in ((STROKES, 0), (STROKES + 0.01, 3), (1 - STROKES, 600 * np.abs(STROKES - 0.5))):
        events = music.known_error(playing(track, **known(metres, "slide")), "slide")
        assert events is not None
        np.testing.assert_allclose(events.values, np.broadcast_to(centimetres, 80), atol=1e-4)
        np.testing.assert_allclose(events.times, TIMES)


def test_bow_changes_are_the_true_wrists_where_no_bow_is_known() -> None:
    events = music.bow_f1(playing())
    assert events is not None
    assert events.values.tolist() == [1.0] * 16  # eight turns of both
    late = music.bow_f1(playing(np.roll(STROKES, 3)))  # by .3 s
    assert late is not None
    assert late.values.mean() < 0.3
    assert music.bow_f1(playing(bowed=False)) is None


def test_bow_changes_are_the_known_bows() -> None:
    fast = 0.01 * np.sin(2 * np.pi * TIMES)  # turns twice as often as the hand
    rare = music.bow_f1(playing(**known(0.01 * STROKES)))
    often = music.bow_f1(playing(**known(fast + 0.02 * STROKES), bowed=False))
    assert rare is not None
    assert often is not None
    assert rare.values.mean() == 1
    assert often.values.mean() < 1
    resting = playing(**known(np.ones(80)), bowed=False)
    assert music.bow_f1(resting) is None


def test_without_onsets_nothing_hits_and_no_rest_is_aligned() -> None:
    silent = playing()
    assert not music.onset_f1(silent).values.any()
    assert music.onset_f1_chance(silent) == 0
    assert len(music.beats(silent).times) > 0
    assert not music.beats(silent).values.any()


def test_chance_of_nothing_is_unknown() -> None:
    assert music.onset_f1_chance(playing(np.full(80, 0.5))) is None
