import json

import numpy as np
import pytest

from apvg_core.virtual.music import cello_playing, trombone_playing
from apvg_core.virtual.music.cello_playing import finger_of, hand_of, stop_of, string_of
from apvg_core.virtual.music.expression import Expression
from apvg_core.virtual.music.score import Note, Score, compose
from apvg_core.virtual.music.trombone_playing import displacement, position_of, usual_partial

TROMBONES = [trombone_playing.play(compose("trombone", 60.0, [seed])) for seed in range(6)]
CELLOS = [cello_playing.play(compose("cello", 60.0, [seed])) for seed in range(6)]
EVERYONE = [*TROMBONES, *CELLOS]
TIMES = np.arange(0, 60, 0.01)


def score_of(instrument, *rows, seconds=10.0):
    """A score of rows (onset, duration, pitch, slurred, glide), in one phrase, beats every half second."""
    notes = tuple(Note(on, length, pitch, 0.6, slur, 0, glide) for on, length, pitch, slur, glide in rows)
    beats = np.arange(0, seconds, 0.5)
    return Score(instrument, seconds, notes, beats, beats[::4])


# ------------------------------------------------------------------ the trombone's slide


def test_positions_by_hand():
    # F3 is the third partial of B-flat 1: 3 · 58.27 = 174.81 Hz, equal temperament has 174.61.
    assert position_of(53, 3) == pytest.approx(1.02, abs=0.005)
    # The seventh is 31 cents flat, so G-flat 4 lies in a "sharp third" position.
    assert position_of(66, 7) == pytest.approx(2.69, abs=0.005)
    assert position_of(40, 2) == pytest.approx(7)


def test_displacement_by_hand():
    assert displacement(1.0) == 0
    # Six semitones lower is a tube longer by the square root of 2: 2.74 · 0.4142 / 2.
    assert displacement(7.0) == pytest.approx(0.5675, abs=1e-4)
    assert displacement(2.0) == pytest.approx(0.0815, abs=1e-4)


USUAL = {
    40: 7, 41: 6, 42: 5, 43: 4, 44: 3, 45: 2, 46: 1, 47: 7, 48: 6, 49: 5, 50: 4, 51: 3, 52: 2, 53: 1, 54: 5,
    55: 4, 56: 3, 57: 2, 58: 1, 59: 4, 60: 3, 61: 2, 62: 1, 63: 3, 64: 2, 65: 1, 66: 3, 67: 2, 68: 3, 69: 2,
    70: 1, 71: 2, 72: 1, 73: 2, 74: 1,
}  # fmt: skip
"""What a method for beginners teaches; above B-flat 4, the partial that is in tune."""


@pytest.mark.parametrize(("pitch", "position"), USUAL.items())
def test_the_usual_position_is_the_taught_one(pitch, position):
    assert abs(np.clip(position_of(pitch, usual_partial(pitch)), 1, 7) - position) < 0.33


@pytest.mark.parametrize("playing", TROMBONES)
def test_alternates_are_taken_in_fast_passages_only(playing):
    notes = playing.score.notes
    for k, (note, partial) in enumerate(zip(notes, playing.partials, strict=True)):
        if partial != usual_partial(note.pitch):
            assert 4 <= partial <= 9
            around = [notes[i + 1].onset - notes[i].onset for i in (k - 1, k, k + 1)]
            assert max(around) < 0.17


def test_some_alternates_are_taken():
    assert any(
        partial != usual_partial(note.pitch)
        for playing in TROMBONES
        for note, partial in zip(playing.score.notes, playing.partials, strict=True)
    )


def test_the_slide_is_there_when_a_note_begins_and_moves_between_two():
    playing = trombone_playing.play(
        score_of("trombone", (1.0, 0.45, 46, False, False), (1.5, 0.45, 40, False, False))
    )
    assert playing.position(np.array([1.0, 1.38, 1.5, 1.9])) == pytest.approx([1, 1, 7, 7])
    assert 1 < playing.position(np.array([1.45]))[0] < 7


def test_the_slide_goes_home_in_a_long_rest_only():
    long = trombone_playing.play(
        score_of("trombone", (1.0, 0.5, 40, False, False), (3.0, 0.5, 40, False, False))
    )
    assert long.position(np.array([0.5, 1.5, 2.0, 2.69, 3.0])) == pytest.approx([1, 7, 1, 1, 7])
    short = trombone_playing.play(
        score_of("trombone", (1.0, 0.5, 40, False, False), (2.2, 0.5, 40, False, False))
    )
    assert short.position(np.arange(1.0, 2.2, 0.01)) == pytest.approx(7)


def test_the_pitch_of_a_glissando_follows_the_slide():
    playing = trombone_playing.play(
        score_of("trombone", (1.0, 1.0, 58, False, False), (2.0, 0.3, 54, True, True))
    )
    times = np.arange(1.0, 2.3, 0.01)
    assert playing.pitch(times) + playing.position(times) == pytest.approx(59)
    assert playing.pitch(np.array([1.65]))[0] == pytest.approx(56, abs=0.2)


def test_a_glissando_over_two_partials_is_a_slur():
    playing = trombone_playing.play(
        score_of("trombone", (1.0, 0.6, 60, False, False), (1.6, 0.3, 54, True, True))
    )
    assert not any(note.glide for note in playing.score.notes)
    assert playing.pitch(np.array([1.5])) == pytest.approx([60])


# ------------------------------------------------------------------ the cello's left hand and bow


def test_the_left_hand_by_hand():
    # Open C, E on the C string, open G, F on the D string, then G-flat and A beyond first position.
    rows = {36: (0, 0, 0), 40: (0, 4, 3), 43: (1, 0, 0), 53: (2, 3, 2), 66: (3, 9, 3), 69: (3, 12, 2)}
    for pitch, (string, stop, finger) in rows.items():
        assert (string_of(pitch), stop_of(pitch), finger_of(stop_of(pitch))) == (string, stop, finger)
    assert [hand_of(stop) for stop in (0, 1, 5, 6, 7, 10, 11, 15, 19)] == [2, 2, 2, 3, 7, 7, 11, 15, 15]
    # An octave above the open string is its middle.
    assert cello_playing.distance(12.0) == pytest.approx(0.345)


@pytest.mark.parametrize("playing", CELLOS)
def test_strokes_alternate_and_a_phrase_begins_with_a_down_bow(playing):
    before = None
    for stroke in playing.strokes:
        new = before is None or before.phrase != stroke.phrase
        assert stroke.direction == (1 if new else -before.direction)
        before = stroke


@pytest.mark.parametrize("playing", CELLOS)
def test_a_stroke_goes_one_way_and_stays_on_the_bow(playing):
    assert np.all((playing.bow(TIMES) >= 0) & (playing.bow(TIMES) <= 1))
    for stroke in playing.strokes:
        inside = np.arange(stroke.onset + 1e-4, stroke.end - 1e-4, 0.005)
        assert np.all(np.diff(playing.bow(inside)) * stroke.direction > 0)
        assert np.all(playing.direction(inside) == stroke.direction)
        assert abs(stroke.stop - stroke.start) >= 0.1
        assert playing.bow(np.array([stroke.onset, stroke.end])) == pytest.approx([stroke.start, stroke.stop])


@pytest.mark.parametrize("playing", CELLOS)
def test_a_stroke_begins_with_every_note_that_is_not_slurred(playing):
    onsets = np.array([stroke.onset for stroke in playing.strokes])
    for note in playing.score.notes:
        if not note.slurred:
            assert np.min(np.abs(onsets - note.onset)) < 1e-9
    assert max(stroke.end - stroke.onset for stroke in playing.strokes) < 2.7


def test_downbeats_mostly_get_a_down_bow():
    ways = [
        stroke.direction
        for playing in CELLOS
        for stroke in playing.strokes
        if np.min(np.abs(playing.score.downbeats - stroke.onset)) < 0.02
    ]
    assert np.mean(np.array(ways) > 0) > 0.85


def test_loud_and_long_strokes_take_more_bow():
    lengths = [cello_playing._length(loudness, s) for loudness, s in ((0.2, 0.2), (0.9, 0.2), (0.9, 1.5))]
    assert lengths == sorted(lengths)
    assert 0.12 <= lengths[0] < lengths[-1] <= 0.85


@pytest.mark.parametrize("playing", CELLOS)
def test_the_bow_is_on_the_string_where_it_sounds_and_lifted_in_rests(playing):
    assert np.all(playing.contact(TIMES)[playing.loudness(TIMES) > 0] > 0.9)
    for end, onset in zip(playing.score.phrases[:-1, 1], playing.score.phrases[1:, 0], strict=True):
        middle = np.array([(end + onset) / 2])
        assert playing.contact(middle) == pytest.approx([0], abs=1e-6)
        assert playing.direction(middle) == 0
        assert playing.finger(np.array([end + 0.15])) == 0


@pytest.mark.parametrize("playing", CELLOS)
def test_vibrato_rocks_finger_and_pitch_alike_but_no_open_string(playing):
    line = playing.timeline
    opened = np.array([stop_of(note.pitch) == 0 for note in playing.score.notes])[line.now(TIMES)]
    assert np.all(playing.vibrato(TIMES)[opened] == 0)
    assert 0.9 < np.max(playing.vibrato(TIMES)) <= 1


def test_a_down_bow_is_heard():
    playing = cello_playing.play(
        score_of("cello", (1.0, 0.95, 50, False, False), (2.0, 0.95, 52, False, False))
    )
    down, up = playing.loudness(np.array([1.05, 2.05]))
    assert down > 1.4 * up
    down, up = playing.loudness(np.array([1.85, 2.85]))
    assert up > 1.1 * down


# ------------------------------------------------------------------ what both have, and the body's expression


@pytest.mark.parametrize("playing", EVERYONE)
def test_rests_are_silent_and_notes_are_not(playing):
    loudness = playing.loudness(TIMES)
    sounding = np.zeros(len(TIMES), bool)
    for note in playing.score.notes:
        sounding |= (note.onset <= TIMES) & (note.end > TIMES)
        assert playing.loudness(np.array([note.onset + 0.6 * note.duration]))[0] > 0.05
    assert np.all(loudness[~sounding] == 0)
    assert np.all((loudness >= 0) & (loudness <= 1))


@pytest.mark.parametrize("playing", EVERYONE)
def test_the_pitch_is_the_notes(playing):
    for note in playing.score.notes:
        if not note.glide:
            heard = playing.pitch(np.array([note.onset + 0.025]))[0]
            assert heard == pytest.approx(note.pitch, abs=0.25)


@pytest.mark.parametrize("playing", EVERYONE)
def test_the_truth_is_json(playing):
    rows = json.loads(json.dumps(playing.truth()))
    assert len(rows) == len(playing.score.notes)
    assert {"onset", "duration", "pitch", "loudness", "slurred", "phrase"} <= set(rows[0])


EXPRESSION = {
    "playing": (0, 1), "breath": (0, 1), "beat": (-1, 1), "accent": (0, 1),
    "lean": (-1, 1), "swell": (0, 1), "blink": (0, 1),
}  # fmt: skip


@pytest.mark.parametrize("playing", [TROMBONES[0], CELLOS[0]])
@pytest.mark.parametrize(("name", "bounds"), EXPRESSION.items())
def test_expression_stays_in_bounds_and_does_not_jump(playing, name, bounds):
    curve = getattr(Expression(playing.score, playing.loudness), name)
    values = curve(np.arange(0, 60, 0.001))
    assert bounds[0] - 1e-9 <= values.min() < values.max() <= bounds[1] + 1e-9
    assert np.max(np.abs(np.diff(values))) < 0.04


@pytest.mark.parametrize("playing", [TROMBONES[0], CELLOS[0]])
def test_expression_follows_the_music(playing):
    expression, spans = Expression(playing.score, playing.loudness), playing.score.phrases
    assert expression.playing(spans.mean(axis=1)) == pytest.approx(1)
    assert expression.breath(spans[:, 0]) == pytest.approx(1)
    assert np.all(expression.breath(spans[:, 1]) < 0.15)
    assert np.all(expression.blink(spans[:, 1] + 0.1) > 0.99)
    inside = [t for t in playing.score.downbeats if np.any((spans[:, 0] < t) & (t < spans[:, 1]))]
    assert expression.beat(np.array(inside)) == pytest.approx(-1)
    rests = spans[1:, 0] - spans[:-1, 1]
    middles = (spans[:-1, 1] + 0.5 + 0.5 * (rests - 0.75))[rests > 1]
    for name in ("playing", "beat", "lean", "accent"):
        assert getattr(expression, name)(middles) == pytest.approx(0, abs=0.02)
