"""Recorded notes, and an instrument played from them: of notes made here, pitch and onset are known."""

import librosa
import numpy as np
import pytest
import soundfile

from apvg_core.errors import ConfigError
from apvg_core.virtual.music import cello_playing, trombone_playing
from apvg_core.virtual.music.interpretation import Interpretation
from apvg_core.virtual.music.score import Note, Score
from apvg_core.virtual.sound import sampler
from apvg_core.virtual.sound.samples import named_pitch, read_samples

RATE = 44_100
PLAY = {"trombone": trombone_playing.play, "cello": cello_playing.play}


def hertz(pitch):
    return 440 * 2 ** ((pitch - 69) / 12)


def note(pitch, seconds=1.5, silence=0.2, attack=0.03):
    """A note of ten harmonics after a silence; it sets in within `attack` and is released within 0.1 s."""
    times = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * k * hertz(pitch) * times + k) / k for k in range(1, 11))
    level = np.clip(times / attack, 0, 1) * np.clip((seconds - times) / 0.1, 0, 1)
    return np.concatenate([np.zeros(round(silence * RATE)), 0.3 * wave * level, np.zeros(RATE // 4)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Five notes, one of them 30 cents off its name."""
    path = tmp_path_factory.mktemp("notes") / "made-trombone"
    path.mkdir()
    for name, pitch in (("E2", 40), ("As2", 46), ("E3 soft", 52.3), ("Bb3", 58), ("F4", 65)):
        soundfile.write(path / f"{name}.wav", note(pitch), RATE)
    (path / "README.md").write_text("no sound")
    return path


def played(instrument, folder, *notes, seconds, interpretation=None):
    beats = np.arange(0.5, seconds, 0.5)
    score = Score(instrument, seconds, notes, beats, beats[::4])
    way = {} if interpretation is None else {"interpretation": interpretation}
    return sampler.play(PLAY[instrument](score, **way), read_samples(folder), np.random.default_rng(0))


def measured(sound, start, stop):
    piece = sound[round(start * RATE) : round(stop * RATE)]
    return float(
        np.median(librosa.hz_to_midi(librosa.yin(piece, fmin=50, fmax=900, sr=RATE, frame_length=4096)))
    )


def level(sound, start, stop):
    return float(np.sqrt(np.mean(sound[round(start * RATE) : round(stop * RATE)] ** 2)))


@pytest.mark.parametrize(
    ("name", "pitch"),
    [
        ("A4", 69),
        ("Cs3", 49),
        ("C#3 loud", 49),
        ("Bb2", 46),
        ("cello_As1_f", 34),
        ("G2 v2", 43),
        ("noise", None),
    ],
)
def test_the_pitch_in_a_name(name, pitch):
    assert named_pitch(name) == pitch


def test_notes_are_tuned_trimmed_and_can_be_held(folder):
    samples = read_samples(folder)
    assert [sample.pitch for sample in samples] == pytest.approx([40, 46, 52.3, 58, 65], abs=0.02)
    for sample in samples:
        # 5 % of the level are reached 1.5 ms after the note's beginning.
        assert level(sample.sound, 0.03, 0.1) > 0.5 * level(sample.sound, 0.3, 0.6)
        held = sample.sound[np.r_[sample.start : sample.end, sample.start : sample.end]]
        middle = sample.end - sample.start
        seam = np.max(np.abs(np.diff(held[middle - 200 : middle + 200])))
        assert seam < 1.2 * np.max(np.abs(np.diff(sample.sound[sample.start : sample.end])))


@pytest.mark.parametrize("octave", [-12, 12])
def test_a_note_that_is_named_an_octave_off_is_tuned_by_what_is_heard(tmp_path, octave):
    soundfile.write(tmp_path / "A3.wav", note(57 + octave), RATE)
    assert read_samples(tmp_path)[0].pitch == pytest.approx(57 + octave, abs=0.02)


def test_what_is_no_note_is_left_out_and_nothing_left_is_a_sentence(tmp_path):
    soundfile.write(tmp_path / "C3.wav", np.random.default_rng(0).standard_normal(2 * RATE) * 0.1, RATE)
    soundfile.write(tmp_path / "D3.wav", note(57), RATE)  # something else than it says
    soundfile.write(tmp_path / "E3.wav", note(52, seconds=0.2), RATE)  # too short to be held
    soundfile.write(tmp_path / "F3.wav", np.zeros(RATE), RATE)
    with pytest.raises(ConfigError, match="holds no single notes; name them by their pitch"):
        read_samples(tmp_path)
    (tmp_path / "G3.wav").write_bytes(b"no sound")
    with pytest.raises(ConfigError, match=r"G3\.wav cannot be read as sound"):
        read_samples(tmp_path)


@pytest.mark.parametrize("instrument", PLAY)
@pytest.mark.parametrize("pitch", [43, 50, 62])
def test_notes_sound_at_the_written_pitch_from_their_onset_to_their_end(folder, instrument, pitch):
    sound = played(instrument, folder, Note(0.5, 0.8, pitch, 0.7, False, 0), seconds=1.8)
    assert len(sound) == round(1.8 * RATE)
    assert measured(sound, 0.6, 0.85) == pytest.approx(pitch, abs=0.05)
    full = level(sound, 0.7, 0.9)
    assert level(sound, 0, 0.499) == 0
    assert level(sound, 0.515, 0.53) > 0.1 * full  # within 15 ms
    assert level(sound, 1.31, 1.8) == 0


def test_another_tuning_is_heard_exactly(folder):
    way = Interpretation(tuning=-0.31)
    sound = played("cello", folder, Note(0.5, 0.9, 55, 0.7, False, 0), seconds=1.8, interpretation=way)
    assert measured(sound, 0.6, 0.8) == pytest.approx(54.69, abs=0.05)


def test_a_note_longer_than_the_recorded_one_goes_on_evenly(folder):
    sound = played("trombone", folder, Note(0.5, 5.0, 52, 0.9, False, 0), seconds=6)
    levels = [level(sound, t, t + 0.1) for t in np.arange(1.5, 4.5, 0.1)]
    assert max(levels) < 1.4 * min(levels)
    assert measured(sound, 1.0, 1.2) == pytest.approx(52, abs=0.1)


def test_a_slur_has_no_gap_and_no_attack(folder):
    def pair(slurred):
        first = Note(0.5, 0.5 if slurred else 0.44, 50, 0.7, False, 0)
        return played("trombone", folder, first, Note(1.0, 0.6, 53, 0.7, slurred, 0), seconds=2.0)

    tied, apart = pair(True), pair(False)
    assert level(tied, 0.97, 1.0) > 0.5 * level(tied, 0.7, 0.9)
    assert level(apart, 0.965, 0.995) < 0.05 * level(apart, 0.7, 0.9)
    assert measured(tied, 1.1, 1.3) == pytest.approx(53, abs=0.1)


def test_a_glissando_is_bent_to_its_note(folder):
    notes = (Note(0.5, 0.8, 58, 0.7, False, 0), Note(1.3, 0.8, 54, 0.7, True, 0, glide=True))
    sound = played("trombone", folder, *notes, seconds=2.5)
    assert measured(sound, 0.55, 0.68) == pytest.approx(58, abs=0.1)
    assert measured(sound, 1.35, 1.6) == pytest.approx(54, abs=0.1)


def test_the_bow_changes_in_a_long_note_without_an_attack(folder):
    """A note of 4 s takes three strokes; it dips where they meet, and does not stop."""
    sound = played("cello", folder, Note(0.5, 4.0, 50, 0.7, False, 0), seconds=5)
    playing = cello_playing.play(
        Score("cello", 5.0, (Note(0.5, 4.0, 50, 0.7, False, 0),), np.arange(10) / 2, np.zeros(1))
    )
    assert len(playing.strokes) == 3
    for stroke in playing.strokes[1:]:
        assert level(sound, stroke.onset - 0.01, stroke.onset + 0.03) > 0.05 * level(sound, 1, 1.5)
