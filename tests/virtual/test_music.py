import itertools

import numpy as np
import pytest

from apvg_core.virtual.music.paths import Move, Path, eased, smoothed
from apvg_core.virtual.music.phrases import Event, slurred
from apvg_core.virtual.music.score import END_SILENCE, LONG_RESTS, RANGES, compose

SCORES = {name: [compose(name, 60.0, [seed]) for seed in range(8)] for name in RANGES}
EVERY_SCORE = [score for scores in SCORES.values() for score in scores]


@pytest.mark.parametrize("score", EVERY_SCORE)
def test_notes_follow_one_another_and_lie_inside(score):
    assert 0.3 <= score.notes[0].onset <= 4
    assert score.notes[-1].end <= score.seconds - END_SILENCE + 1e-9
    for note, after in itertools.pairwise(score.notes):
        assert note.duration > 0.04
        assert note.end <= after.onset + 1e-9
    for note in score.notes:
        assert 0 < note.loudness <= 1


@pytest.mark.parametrize("name", RANGES)
def test_all_of_the_range_is_used_and_nothing_else(name):
    lowest, usual, highest = RANGES[name]
    pitches = [note.pitch for score in SCORES[name] for note in score.notes]
    assert lowest <= min(pitches) <= lowest + 3
    assert usual - 2 <= max(pitches) <= highest


@pytest.mark.parametrize("score", EVERY_SCORE)
def test_phrases_begin_on_a_beat_after_a_rest_and_are_not_slurred_to(score):
    spans = score.phrases
    assert np.all(spans[1:, 0] - spans[:-1, 1] > 0.4)
    for onset, _ in spans:
        assert np.min(np.abs(score.beats - onset)) < 0.02
    firsts = [note for note in score.notes if note.onset in spans[:, 0]]
    assert [note.phrase for note in firsts] == list(range(len(spans)))
    assert not any(note.slurred for note in firsts)


@pytest.mark.parametrize("score", EVERY_SCORE)
def test_the_beat_is_felt_at_a_single_tempo(score):
    steps = np.diff(score.beats)
    assert np.all((steps > 0.449) & (steps < 1.001))
    assert np.all(np.isin(score.downbeats, score.beats))
    assert set(np.diff(np.searchsorted(score.beats, score.downbeats))) <= {3, 4}


@pytest.mark.parametrize("score", EVERY_SCORE)
def test_a_slur_joins_two_pitches_without_a_gap(score):
    for last, note in itertools.pairwise(score.notes):
        if note.slurred:
            assert last.end == pytest.approx(note.onset)
            assert last.pitch != note.pitch
        else:
            assert note.onset - last.end > 0.02


@pytest.mark.parametrize("name", RANGES)
def test_most_recordings_begin_and_end_with_a_rest_and_some_rest_in_between(name):
    """Of 2 to 4 seconds, and not of more than a fifth of the recording."""
    scores = [compose(name, 60.0, [seed]) for seed in range(24)]
    before = np.array([score.notes[0].onset for score in scores])
    after = np.array([60 - score.notes[-1].end for score in scores])
    for rests in (before, after):
        assert 0.5 < np.mean(rests >= LONG_RESTS[0]) < 0.95
        assert rests.min() < 1
    assert before.max() <= LONG_RESTS[1]
    inside = [np.diff(score.phrases.ravel())[1::2] for score in scores]
    assert np.mean([gaps.max() >= LONG_RESTS[0] + 0.5 for gaps in inside]) > 0.3
    assert max(gaps.max() for gaps in inside) < 8
    assert np.mean(np.concatenate(inside) < LONG_RESTS[0]) > 0.75, "most rests are short"
    for score in (compose(name, 10.0, [seed]) for seed in range(8)):
        assert score.notes[0].onset <= 2.05  # a fifth of it, and the looseness of an onset


def test_downbeats_are_louder():
    on, off = [], []
    for score in EVERY_SCORE:
        for note in score.notes:
            (on if np.min(np.abs(score.downbeats - note.onset)) < 0.01 else off).append(note.loudness)
    assert np.mean(on) > np.mean(off) + 0.05


def test_only_the_trombone_has_glissandi():
    assert any(note.glide for score in SCORES["trombone"] for note in score.notes)
    assert not any(note.glide for score in SCORES["cello"] for note in score.notes)


def test_the_seed_is_all_that_matters():
    first, again = (compose("cello", 20.0, [3, 1]) for _ in range(2))
    assert first.notes == again.notes
    assert np.array_equal(first.beats, again.beats)
    assert compose("cello", 20.0, [3, 2]).notes != first.notes


@pytest.mark.parametrize("seconds", [2.0, 3.0, 6.0])
@pytest.mark.parametrize("name", RANGES)
def test_short_recordings_have_music_too(name, seconds):
    for seed in range(20):
        score = compose(name, seconds, [seed])
        assert score.notes
        assert score.notes[-1].end < seconds


def test_slurs_within_groups_of_beats():
    events = [Event(0.5, pitch) for pitch in (50, 52, 53, 53, 55)]
    assert [event.slurred for event in slurred(events, 1)] == [False, True, False, False, False]
    assert [event.slurred for event in slurred(events, 4)] == [False, True, True, False, True]


def test_a_move_is_smooth_and_arrives():
    share = np.linspace(0, 1, 1001)
    for ramp in (0.5, 0.1):
        speed = np.diff(eased(share, ramp)) * 1000
        assert eased(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]), ramp) == pytest.approx([0, 0, 0.5, 1, 1])
        assert np.max(speed) == pytest.approx(1 / (1 - ramp), rel=0.01)
        assert speed[0] < 0.05
        assert speed[-1] < 0.05


def test_a_path_rests_between_moves_that_wait_for_each_other():
    path = Path.of(1.0, [Move(1, 2, 3), Move(1.5, 3, 0)])
    assert path.at(np.array([0.0, 1.5, 2.0, 2.5, 3.0, 9.0])) == pytest.approx([1, 2, 3, 1.5, 0, 0])
    assert path.at(np.array([5.0])) == pytest.approx([0])
    assert Path.of(4.0, []).at(np.zeros(2)) == pytest.approx([4, 4])


def test_smoothing_keeps_what_is_constant_and_is_centred():
    assert smoothed(np.full(50, 2.0), 0.3, 100) == pytest.approx(np.full(50, 2.0))
    step = smoothed(np.repeat([0.0, 1.0], 50), 0.2, 100)
    assert step == pytest.approx(1 - step[::-1])
