"""How a score is played on another day: what is heard changes, what hands do stays right."""

import numpy as np
import pytest

from apvg_core.virtual.music import cello_playing, trombone_playing
from apvg_core.virtual.music.expression import Expression
from apvg_core.virtual.music.interpretation import AS_FILMED, Interpretation, articulated
from apvg_core.virtual.music.score import LONGEST_BREAK, RANGES, compose

PLAY = {"trombone": trombone_playing.play, "cello": cello_playing.play}
TIMES = np.arange(0, 30, 0.01)


def hand_of(playing):
    return playing.position(TIMES) if hasattr(playing, "position") else playing.stop(TIMES)


@pytest.mark.parametrize("instrument", RANGES)
def test_tuning_moves_the_sound_and_no_hand(instrument):
    score = compose(instrument, 30.0, [4])
    usual, flat = PLAY[instrument](score), PLAY[instrument](score, Interpretation(tuning=-0.31))
    np.testing.assert_allclose(flat.pitch(TIMES), usual.pitch(TIMES) - 0.31)
    np.testing.assert_array_equal(hand_of(flat), hand_of(usual))


@pytest.mark.parametrize("instrument", RANGES)
def test_vibrato_is_as_wide_in_the_hand_as_in_the_sound(instrument):
    score = compose(instrument, 30.0, [4])
    still, usual, wide = (PLAY[instrument](score, Interpretation(vibrato=width)) for width in (0.0, 1.0, 1.5))
    for read in (hand_of, lambda playing: playing.pitch(TIMES)):
        once, more = read(usual) - read(still), read(wide) - read(still)
        assert np.ptp(once) > 0.1
        # At the very end of the slide a wide vibrato has less room.
        near = np.isclose(more, 1.5 * once, atol=1e-9)
        assert near.mean() > 0.95


@pytest.mark.parametrize("instrument", RANGES)
def test_attacks_and_releases_are_slower_or_quicker_within_the_note(instrument):
    score = compose(instrument, 30.0, [4])
    quick, slow = (
        PLAY[instrument](score, Interpretation(attack=factor, release=factor)) for factor in (0.5, 2.0)
    )
    after = np.array([note.onset for note in score.notes if not note.slurred]) + 0.012
    assert np.mean(quick.loudness(after)) > 1.5 * np.mean(slow.loudness(after))
    for playing in (quick, slow):
        np.testing.assert_array_equal(playing.loudness(TIMES) > 0, quick.timeline.sounding(TIMES))


@pytest.mark.parametrize("instrument", RANGES)
def test_articulation_changes_how_long_notes_are_held_and_nothing_else(instrument):
    shorter = longer = 0
    for seed in range(6):
        score = compose(instrument, 30.0, [seed])
        other = articulated(score, [seed])
        assert other.notes == articulated(score, [seed]).notes
        for k, (note, held) in enumerate(zip(score.notes, other.notes, strict=True)):
            assert (held.onset, held.pitch, held.slurred) == (note.onset, note.pitch, note.slurred)
            following = score.notes[k + 1] if k + 1 < len(score.notes) else None
            if following and following.slurred:
                assert held.duration == note.duration
            if following:
                assert held.end <= following.onset
            assert held.duration >= min(0.07, note.duration)
            shorter += held.duration < note.duration - 1e-9
            longer += held.duration > note.duration + 1e-9
    assert shorter > 50
    assert longer > 10


def test_interpretations_reach_from_415_to_446_hertz_and_50_cents():
    tunings = [Interpretation.draw(np.random.default_rng(k)).tuning for k in range(400)]
    assert min(tunings) == pytest.approx(12 * np.log2(415.3 / 440))
    assert 0.45 < max(tunings) <= 0.5
    assert Interpretation() == AS_FILMED


@pytest.mark.parametrize("instrument", RANGES)
def test_in_a_break_the_player_rests(instrument):
    found = 0
    for seed in range(8):
        score = compose(instrument, 60.0, [seed], breaks=True)
        assert score.notes[-1].end < 60
        playing = PLAY[instrument](score)
        resting = Expression(playing.score, playing.loudness).playing
        spans = score.phrases
        ends, onsets = np.concatenate([[0.0], spans[:-1, 1]]), spans[:, 0]
        for end, onset in zip(ends, onsets, strict=True):
            if onset - end > 4:
                found += 1
                assert onset - end < LONGEST_BREAK + 5
                middle = np.array([(end + onset) / 2])
                assert playing.loudness(middle) == 0
                assert resting(middle) == 0
                if instrument == "trombone":
                    assert playing.position(middle) == pytest.approx(1)
                else:
                    assert playing.contact(middle) == 0
    assert found > 4


@pytest.mark.parametrize("instrument", RANGES)
def test_breaks_take_a_share_of_what_is_accompanied(instrument):
    """Before the first note, between two sections and after the last note, with beats that go on."""
    longest, before, after = [], 0, 0
    for seed in range(12):
        score = compose(instrument, 60.0, [seed], breaks=True)
        spans = score.phrases
        rests = np.stack([np.append(0, spans[:, 1]), np.append(spans[:, 0], 60.0)], axis=1)
        longest.append(np.diff(rests, axis=1).max())
        before += spans[0, 0] > 2
        after += spans[-1, 1] < 58
        for start, end in rests[np.diff(rests, axis=1)[:, 0] > 3]:
            assert np.any((score.beats > start) & (score.beats < end))
    assert before >= 3
    assert after >= 5
    assert np.mean(np.array(longest) > 4) > 0.6
    assert max(longest) > 7


@pytest.mark.parametrize("instrument", RANGES)
def test_passages_say_where_the_bars_are(instrument):
    for breaks in (False, True):
        score = compose(instrument, 60.0, [3], breaks=breaks)
        bars = np.concatenate([p.start + p.metre * p.beat * np.arange(p.bars) for p in score.passages])
        np.testing.assert_allclose(bars[bars < 60], score.downbeats)
        for passage, end in zip(
            score.passages, [*(p.start for p in score.passages[1:]), np.inf], strict=True
        ):
            key = {(passage.tonic + step) % 12 for step in passage.scale}
            inside = [n.pitch % 12 for n in score.notes if passage.start <= n.onset < end and not n.glide]
            # the last passage may lie where the player rests already
            assert not inside or np.mean([pitch in key for pitch in inside]) > 0.8


def test_breaks_leave_the_music_as_it_is():
    plain, broken = (compose("cello", 60.0, [1], breaks=breaks) for breaks in (False, True))
    assert broken.notes[-1].onset > plain.notes[len(broken.notes) - 1].onset
    assert [n.pitch for n in broken.notes] == [n.pitch for n in plain.notes[: len(broken.notes)]]
