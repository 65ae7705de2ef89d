import io
from itertools import pairwise

import librosa
import mido
import numpy as np
import pytest

from apvg_core.errors import DependencyError
from apvg_core.virtual.music import cello_playing, trombone_playing
from apvg_core.virtual.music.score import Note, Score, compose
from apvg_core.virtual.sound import additive, fluidsynth, soundfont
from apvg_core.virtual.sound.filters import filtered, low_pass, shaded
from apvg_core.virtual.sound.microphone import render
from apvg_core.virtual.sound.room import Room, in_room

RATE = 44_100
PLAY = {"trombone": trombone_playing.play, "cello": cello_playing.play}
needs_fluidsynth = pytest.mark.skipif(
    not fluidsynth.available(), reason="needs `apt-get install fluidsynth fluid-soundfont-gm`"
)


def playing_of(instrument, *rows, seconds):
    """Notes of rows (onset, duration, pitch), each a phrase of its own."""
    notes = tuple(Note(on, length, pitch, 0.7, False, k) for k, (on, length, pitch) in enumerate(rows))
    beats = np.arange(0.5, seconds, 0.5)
    return PLAY[instrument](Score(instrument, seconds, notes, beats, beats[::4]))


def measured(sound, start, stop):
    """The pitch (MIDI) of a piece of sound by its autocorrelation."""
    piece = sound[round(start * RATE) : round(stop * RATE)]
    hertz = librosa.yin(piece, fmin=50, fmax=800, sr=RATE, frame_length=4096)
    return float(np.median(librosa.hz_to_midi(hertz)))


def loudness_of(sound, start, stop):
    return float(np.sqrt(np.mean(sound[round(start * RATE) : round(stop * RATE)] ** 2)))


@pytest.mark.parametrize("instrument", PLAY)
def test_the_length_is_exact_and_the_level_within_bounds(instrument):
    for seed, seconds in enumerate((2.0, 3.337)):
        sound = render(PLAY[instrument](compose(instrument, seconds, [seed])), [seed])
        assert sound.shape == (round(seconds * RATE),)
        assert sound.dtype == np.float32
        assert np.max(np.abs(sound)) < 0.98
        assert -33 < 20 * np.log10(loudness_of(sound, 0, seconds)) < -11


@pytest.mark.parametrize("instrument", PLAY)
def test_the_seed_is_all_that_matters(instrument):
    playing = PLAY[instrument](compose(instrument, 2.0, [5]))
    assert np.array_equal(render(playing, [1, 2]), render(playing, [1, 2]))
    assert not np.array_equal(render(playing, [1, 2]), render(playing, [1, 3]))


@pytest.mark.parametrize("pitch", [40, 53, 65])
@pytest.mark.parametrize("instrument", PLAY)
def test_the_pitch_is_the_notes(instrument, pitch):
    playing = playing_of(instrument, (0.5, 0.8, pitch), seconds=1.6)
    sound = render(playing, [pitch])
    # From where the scoop of the attack is over to where vibrato may lower the note by its width.
    assert measured(sound, 0.6, 0.85) == pytest.approx(pitch, abs=0.12)


@pytest.mark.parametrize("instrument", PLAY)
def test_rests_hold_nothing_but_breath_and_room(instrument):
    playing = playing_of(instrument, (0.5, 0.5, 50), (2.5, 0.5, 50), seconds=3.2)
    make = additive.trombone if instrument == "trombone" else additive.cello
    sound = make(playing, np.random.default_rng(0))
    assert loudness_of(sound, 1.5, 2.45) < 1e-3 * loudness_of(sound, 0.6, 0.9)
    assert loudness_of(sound, 0, 0.49) < 1e-3 * loudness_of(sound, 0.6, 0.9)


@pytest.mark.parametrize("instrument", PLAY)
def test_a_breath_is_heard_before_a_phrase(instrument):
    playing = playing_of(instrument, (2.0, 0.5, 50), seconds=3.0)
    for seed in range(3):
        quiet = render(playing, [seed])
        assert loudness_of(quiet, 1.7, 1.9) > 1.05 * loudness_of(quiet, 1.0, 1.5)


def test_loud_brass_is_brighter():
    playing = playing_of("trombone", (0.5, 0.8, 50), seconds=1.6)
    centroids = []
    for loudness in (0.3, 0.9):
        note = Note(0.5, 0.8, 50, loudness, False, 0)
        score = Score("trombone", 1.6, (note,), playing.score.beats, playing.score.downbeats)
        sound = additive.trombone(trombone_playing.play(score), np.random.default_rng(0))
        spectrum = np.abs(np.fft.rfft(sound[round(0.7 * RATE) : round(1.1 * RATE)])) ** 2
        centroids.append(np.sum(np.arange(len(spectrum)) * spectrum) / np.sum(spectrum))
    assert centroids[1] > 1.3 * centroids[0]


def test_a_filter_is_the_textbooks():
    impulse = np.zeros(RATE)
    impulse[0] = 1
    spectrum = np.abs(np.fft.rfft(filtered(impulse, lambda f: low_pass(f, 1000))))
    assert spectrum[[100, 1000, 4000]] == pytest.approx([0.995, 0.707, 0.243], rel=0.03)


def test_a_room_echoes_after_the_sound_only():
    impulse = np.zeros(2 * RATE)
    impulse[RATE // 2] = 1
    heard = in_room(np.random.default_rng(0), Room(decay=0.6, distance=2.0, wet=-8.0), impulse)
    before, after = loudness_of(heard, 0, 0.49), loudness_of(heard, 0.51, 0.6)
    assert after > 20 * before


@pytest.mark.parametrize(("decay", "wet"), [(0.3, -20.0), (1.0, 0.0), (4.0, -6.0)])
def test_a_room_sounds_as_long_and_as_far_away_as_it_is_said(decay, wet):
    response = Room(decay=decay, distance=3.0, wet=wet).impulse_response(np.random.default_rng(1))
    energy = response[1:] ** 2
    assert response[0] == 1
    assert 10 * np.log10(energy.sum()) == pytest.approx(wet, abs=1.5)
    # Schroeder's curve, from 5 to 25 dB down, times three (ISO 3382)
    curve = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum())
    fall = (np.argmax(curve < -25) - np.argmax(curve < -5)) / RATE
    assert 3 * fall == pytest.approx(decay, rel=0.3)


def test_a_room_is_heard_to_its_end_and_not_before_the_sound():
    """What sounds for longer than the recording lasts must not come round to its beginning."""
    late = np.zeros(RATE)
    late[-RATE // 10] = 1
    heard = in_room(np.random.default_rng(0), Room(decay=4.0, distance=9.0, wet=0.0), late)
    assert np.max(np.abs(heard[: RATE // 2])) < 1e-6


def test_what_is_played_softly_is_duller():
    noise = np.random.default_rng(0).standard_normal(RATE)
    soft, loud = (np.abs(np.fft.rfft(shaded(noise, np.full(RATE, level)))) ** 2 for level in (0.2, 0.9))
    low, high = slice(60, 200), slice(3000, 6000)
    assert loud[low].sum() < 1.5 * soft[low].sum()
    assert loud[high].sum() > 4 * soft[high].sum()
    assert np.allclose(shaded(noise, np.full(RATE, 0.6)), noise)


# ------------------------------------------------------------------ FluidSynth


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    playing = playing_of("cello", (0.5, 0.5, 50), seconds=1.5)
    assert fluidsynth.find_soundfont(tmp_path / "none.sf2") is None
    with pytest.raises(DependencyError, match="apt-get install fluidsynth fluid-soundfont-gm"):
        soundfont.synthesise(playing, tmp_path / "none.sf2")
    monkeypatch.setattr(fluidsynth.shutil, "which", lambda _: None)
    assert not fluidsynth.available()
    with pytest.raises(DependencyError, match="FluidSynth is missing"):
        soundfont.synthesise(playing)


@pytest.mark.parametrize("instrument", PLAY)
def test_the_midi_file_holds_the_notes(instrument):
    playing = PLAY[instrument](compose(instrument, 12.0, [1]))
    file = mido.MidiFile(file=io.BytesIO(soundfont.solo(playing, soundfont.PROGRAMS[instrument])))
    assert file.length == pytest.approx(12.5, abs=0.01)
    messages = list(file)
    assert all(message.channel == 0 for message in messages if not message.is_meta)
    pressed = [message.note for message in messages if message.type == "note_on"]
    notes = playing.score.notes
    struck = [note.pitch for note in notes if not note.slurred]
    assert len(struck) <= len(pressed) < len(notes)
    # What is slurred to a neighbour sounds on, bent, but for what is more than four semitones from the key.
    near = sum(n.slurred and abs(n.pitch - last.pitch) <= 2 for last, n in pairwise(notes))
    assert len(pressed) <= len(notes) - near / 3
    assert len(pressed) == sum(message.type == "note_off" for message in messages)
    programs = [message.program for message in messages if message.type == "program_change"]
    assert programs == [soundfont.PROGRAMS[instrument]]


@needs_fluidsynth
@pytest.mark.parametrize("instrument", PLAY)
def test_the_recorded_instrument_plays_in_tune_and_in_time(instrument):
    playing = playing_of(instrument, (0.5, 0.8, 53), (2.0, 0.8, 60), seconds=3.3)
    sound = soundfont.synthesise(playing)
    assert len(sound) == round(3.3 * RATE)
    assert measured(sound, 0.7, 1.1) == pytest.approx(53, abs=0.2)
    assert measured(sound, 2.2, 2.6) == pytest.approx(60, abs=0.2)
    assert loudness_of(sound, 0.6, 1.2) > 100 * loudness_of(sound, 0, 0.49)
    make = additive.trombone if instrument == "trombone" else additive.cello
    ours = make(playing, np.random.default_rng(0))
    for onset in (0.5, 2.0):
        assert risen(sound, onset) == pytest.approx(risen(ours, onset), abs=0.03)


def risen(sound, onset):
    """Seconds after the onset at which half the note's level is reached."""
    levels = [loudness_of(sound, onset + k / 200, onset + (k + 1) / 200) for k in range(40)]
    return int(np.argmax(np.array(levels) > max(levels) / 2)) / 200


@needs_fluidsynth
def test_a_glissando_of_the_soundfont_ends_on_its_note():
    notes = (Note(0.5, 0.8, 58, 0.7, False, 0), Note(1.3, 0.8, 54, 0.7, True, 0, glide=True))
    beats = np.arange(0.5, 2.5, 0.5)
    playing = trombone_playing.play(Score("trombone", 2.5, notes, beats, beats[::4]))
    sound = soundfont.synthesise(playing)
    assert measured(sound, 0.55, 0.7) == pytest.approx(58, abs=0.3)
    assert measured(sound, 1.4, 1.65) == pytest.approx(54, abs=0.3)
