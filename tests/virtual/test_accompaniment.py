"""Accompaniments fit the melody's key, metre and harmony."""

import io
from itertools import pairwise

import mido
import numpy as np
import pytest

from apvg_core.virtual.music.accompaniment import DRUMS, HELD_OUT, REHEARSED, STYLES, accompany
from apvg_core.virtual.music.harmony import harmonise
from apvg_core.virtual.music.score import Note, Passage, Score, compose
from apvg_core.virtual.sound.band import midi

SCORES = [
    compose(instrument, 40.0, [seed], breaks=True) for instrument in ("trombone", "cello") for seed in (1, 2)
]


def melody(*pitches: int) -> Score:
    """Four quarter notes a bar of half a second each, in C major."""
    notes = tuple(Note(0.5 * k, 0.5, pitch, 0.6, False, 0) for k, pitch in enumerate(pitches))
    beats = np.arange(0, 0.5 * len(pitches), 0.5)
    passage = Passage(0.0, 0.5, 4, len(pitches) // 4, 0, (0, 2, 4, 5, 7, 9, 11))
    return Score("cello", 0.5 * len(pitches) + 1, notes, beats, beats[::4], (passage,))


def test_a_broken_chord_is_heard_as_that_chord():
    """C, F and G major, and C again, each broken through a bar."""
    score = melody(48, 52, 55, 52, 53, 57, 60, 57, 55, 59, 62, 59, 48, 52, 55, 48)
    right = total = 0
    for seed in range(12):
        for chord in harmonise(score, np.random.default_rng(seed)):
            right += (
                set(chord.classes[:3]) == ({0, 4, 7}, {5, 9, 0}, {7, 11, 2}, {0, 4, 7})[int(chord.start // 2)]
            )
            total += 1
    assert right > 0.8 * total


@pytest.mark.parametrize("score", SCORES)
def test_chords_are_of_the_key_and_follow_one_another(score):
    chords = harmonise(score, np.random.default_rng(0))
    assert chords[0].start == pytest.approx(score.passages[0].start)
    for chord, after in pairwise(chords):
        assert chord.end == pytest.approx(after.start, abs=1e-6)
    for chord in chords:
        passage = [p for p in score.passages if p.start <= chord.start + 1e-6][-1]
        key = {(passage.tonic + step) % 12 for step in passage.scale}
        if len(key) == 7:
            assert set(chord.classes) <= key


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("score", SCORES)
def test_every_style_plays_inside_the_recording_and_the_key(score, style):
    parts = accompany(score, style, np.random.default_rng(1))
    again = accompany(score, style, np.random.default_rng(1))
    assert parts == again
    tones = [tone for part in parts if part.program != DRUMS for tone in part.tones]
    assert len(tones) > 5
    for tone in tones:
        assert 0 <= tone.onset < score.seconds
        assert tone.end > tone.onset
        assert 24 <= tone.pitch <= 96
        assert 1 <= tone.velocity <= 127
    keys = [{(p.tonic + step) % 12 for step in p.scale} for p in score.passages]
    starts = np.array([p.start for p in score.passages])
    inside = [t.pitch % 12 in keys[max(np.searchsorted(starts, t.onset + 0.03) - 1, 0)] for t in tones]
    full = all(len(key) != 5 for key in keys)
    assert np.mean(inside) > (0.8 if full else 0.5)


@pytest.mark.parametrize("style", sorted(set(STYLES) - {"second voice"}))
@pytest.mark.parametrize("score", SCORES)
def test_the_accompaniment_goes_on_where_the_player_rests(score, style):
    spans = score.phrases
    gaps = [(end, onset) for end, onset in zip(spans[:-1, 1], spans[1:, 0], strict=True) if onset - end > 3]
    onsets = np.array(
        [tone.onset for part in accompany(score, style, np.random.default_rng(2)) for tone in part.tones]
    )
    assert gaps
    for end, onset in gaps:
        assert np.any((onsets > end) & (onsets < onset))


def test_the_guitar_of_the_listening_test_is_nowhere_else():
    for seed in range(5):
        for style in REHEARSED:
            rng = np.random.default_rng(seed)
            assert all(part.program != HELD_OUT for part in accompany(SCORES[0], style, rng))
    assert {part.program for part in accompany(SCORES[0], "guitar", np.random.default_rng(0))} == {HELD_OUT}


def test_parts_become_channels_in_tune_with_the_player():
    parts = accompany(SCORES[0], "band", np.random.default_rng(0))
    messages = list(mido.MidiFile(file=io.BytesIO(midi(parts, SCORES[0].seconds, tuning=-0.6))))
    pressed = [m for m in messages if m.type == "note_on"]
    assert len(pressed) == sum(len(part.tones) for part in parts)
    assert {m.channel for m in pressed} == {0, 1, 9}
    bends = {m.channel: m.pitch for m in messages if m.type == "pitchwheel"}
    assert bends == {0: -410, 1: -410}  # 0.6 of 12 semitones, 8192 of them; drums have no pitch
    assert {m.channel for m in messages if m.type == "program_change"} == {0, 1}
