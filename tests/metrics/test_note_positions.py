import numpy as np

from apvg_core.metrics import music
from apvg_core.metrics.note_positions import position_hits, position_hits_by_chance
from apvg_core.run.note_positions import Note, NotePositions
from tests.metrics.player import FPS, TIMES, playing

NAN = np.nan
TWO = NotePositions(
    notes=(
        Note(midi=60, seconds=5, positions=((0.1, 0.2), (0.5, 0.6))),
        Note(midi=62, seconds=5, positions=((0.3, 0.4),)),
        Note(midi=64, seconds=0.2),
    ),
    joint=4, axis=(0.0, 1.0),
)  # fmt: skip


def test_each_way_to_play_a_note_is_right() -> None:
    notes = np.array([60, 60, 60, 62, 62, 64, NAN])
    along = np.array([0.1, 0.55, 0.35, 0.35, 0.55, 0.35, 0.35])
    np.testing.assert_array_equal(position_hits(notes, along, TWO), [1, 1, 0, 1, 0, NAN, NAN])


def test_by_chance_a_hand_is_right_as_often_as_it_is_there() -> None:
    notes = np.tile([60.0, 60.0, 62.0, 62.0], 9)
    right = np.where(notes == 60, 0.15, 0.35)
    assert position_hits(notes, right, TWO).mean() == 1
    # of 16 shifts four are by fours, when it is right, four by two more, when it never is, and eight between
    assert position_hits_by_chance(notes, right, TWO) == 0.5
    assert position_hits_by_chance(notes, np.full(36, 0.15), TWO) == 0.5
    assert position_hits_by_chance(notes, np.full(36, 0.9), TWO) == 0
    assert position_hits_by_chance(np.full(36, NAN), right, TWO) is None


def test_the_metric_judges_what_is_heard_and_seen() -> None:
    notes = np.where(TIMES < 4, 60.0, 62.0)
    notes[:10] = NAN
    track = np.where(TIMES < 5, 0.15, 0.35)  # a second late
    visible = np.ones((80, 60), bool)
    visible[70:] = False
    player = playing(track, notes=notes, positions=TWO, visible=visible)
    agreement = music.note_agreement(player)
    assert agreement is not None
    assert agreement.times.tolist() == (np.arange(10, 70) / FPS).tolist()
    assert agreement.values.tolist() == [1.0] * 30 + [0.0] * 10 + [1.0] * 20
    chance = music.note_agreement_chance(player)
    assert chance is not None
    assert 0 < chance < agreement.values.mean()


def test_without_positions_nothing_is_judged() -> None:
    notes = np.full(80, 60.0)
    for player in (
        playing(notes=notes),
        playing(positions=TWO),
        playing(notes=notes, positions=NotePositions(notes=TWO.notes)),
    ):
        assert music.note_agreement(player) is None
        assert music.note_agreement_chance(player) is None
