import io

import librosa
import mido
import numpy as np
import pytest

from apvg_core.errors import DependencyError
from apvg_core.virtual.music import cello_playing, trombone_playing
from apvg_core.virtual.music.score import Note, Score, compose
from apvg_core.virtual.sound import additive, soundfont
from apvg_core.virtual.sound.microphone import poorly, render
from apvg_core.virtual.sound.room import filtered, in_room, low_pass

RATE = 44_100
PLAY = {"trombone": trombone_playing.play, "cello": cello_playing.play}
needs_fluidsynth = pytest.mark.skipif(
    not soundfont.available(), reason="needs `apt-get install fluidsynth fluid-soundfont-gm`"
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
    heard = in_room(np.random.default_rng(0), impulse)
    before, after = loudness_of(heard, 0, 0.49), loudness_of(heard, 0.51, 0.6)
    assert after > 20 * before


# ------------------------------------------------------------------ FluidSynth


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    playing = playing_of("cello", (0.5, 0.5, 50), seconds=1.5)
    assert soundfont.find_soundfont(tmp_path / "none.sf2") is None
    with pytest.raises(DependencyError, match="apt-get install fluidsynth fluid-soundfont-gm"):
        soundfont.synthesise(playing, tmp_path / "none.sf2")
    monkeypatch.setattr(soundfont.shutil, "which", lambda _: None)
    assert not soundfont.available()
    with pytest.raises(DependencyError, match="FluidSynth is missing"):
        soundfont.synthesise(playing)


@pytest.mark.parametrize("instrument", PLAY)
def test_the_midi_file_holds_the_notes(instrument):
    playing = PLAY[instrument](compose(instrument, 12.0, [1]))
    file = mido.MidiFile(file=io.BytesIO(soundfont.midi_file(playing)))
    assert file.length == pytest.approx(12.5, abs=0.01)
    messages = list(file)
    assert all(message.channel == 0 for message in messages if not message.is_meta)
    pressed = [message.note for message in messages if message.type == "note_on"]
    assert pressed == [note.pitch for note in playing.score.notes if not note.glide]
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


def test_a_poor_microphone_hears_a_narrow_band_and_noise():
    rng = np.random.default_rng(0)
    wide = (0.1 * rng.standard_normal(4 * RATE)).astype(np.float32)
    wide[2 * RATE :] = 0
    poor = poorly(wide, [1])
    assert np.array_equal(poor, poorly(wide, [1]))
    assert not np.allclose(poor, poorly(wide, [2]))
    assert poor.shape == wide.shape
    assert poor.dtype == np.float32
    power = [np.abs(np.fft.rfft(sound[: 2 * RATE])) ** 2 for sound in (wide, poor)]
    kept = [power[1][band].sum() / power[0][band].sum() for band in (slice(600, 4000), slice(32_000, None))]
    assert kept[1] < kept[0] / 2  # of what is above 16 kHz, beside 300 to 2000 Hz
    music, noise = loudness_of(poor, 0, 2), loudness_of(poor, 2.1, 4)
    assert 5 < 20 * np.log10(music / noise) < 30
