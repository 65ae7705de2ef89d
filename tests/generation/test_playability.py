"""Songs that nobody can play: chords, noise, other ranges."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest

from apvg_core.features.pitch import Pitch
from apvg_core.generation import playability as module
from apvg_core.generation.playability import describe_problem, listen_to_excerpts, warned_of_unplayable
from apvg_core.media.audio import open_song
from apvg_core.run.note_positions import Note, NotePositions
from apvg_core.units import SAMPLE_RATE
from tests.notes import SCALE, melody, sound_of_notes
from tests.synth import write_wav

MELODY = melody(16, 0)
CHORDS = [(note, note + 4, note + 7) for note in MELODY]
LEARNED = NotePositions(notes=tuple(Note(midi=midi, seconds=9.0) for midi in range(46, 58)))


def heard(sound: np.ndarray, tmp_path: Path) -> list[Pitch]:
    with open_song(write_wav(tmp_path / "song.wav", sound)) as song:
        return listen_to_excerpts(song, 1.0)


def test_a_melody_in_the_range_is_fine(tmp_path: Path) -> None:
    pitches = heard(sound_of_notes(MELODY, cents=30), tmp_path)
    for instrument, notes in (("cello", LEARNED), ("cello", None), ("theremin", None)):
        assert describe_problem(pitches, instrument, notes) is None


def test_a_melody_out_of_the_range_is_not(tmp_path: Path) -> None:
    pitches = heard(sound_of_notes([note + 36 for note in MELODY]), tmp_path)
    said = describe_problem(pitches, "cello", LEARNED)
    assert said is not None
    assert said.startswith("is out of the player's range for 100 % of its time: it lies from C6 to G6, and")
    assert "the cello was learned from A#2 to A3; transpose it" in said
    assert "the trombone reaches from A#1 to F5" in str(describe_problem(pitches, "trombone", None))
    assert describe_problem(pitches, "theremin", None) is None  # nobody knows its range


def test_a_few_notes_out_of_the_range_are_fine(tmp_path: Path) -> None:
    pitches = heard(sound_of_notes([*MELODY, 90, 90]), tmp_path)  # an eighth
    assert describe_problem(pitches, "cello", LEARNED) is None


@pytest.mark.parametrize(
    "sound",
    [
        sound_of_notes(CHORDS),
        np.random.default_rng(0).normal(0, 0.1, 4 * SAMPLE_RATE).astype(np.float32),
    ],
    ids=["chords", "noise"],
)
def test_chords_and_noise_have_no_single_voice(sound: np.ndarray, tmp_path: Path) -> None:
    said = describe_problem(heard(sound, tmp_path), "cello", LEARNED)
    assert said is not None
    assert said.startswith("has no single voice that the player could follow (a clear pitch in ")
    assert said.endswith("give the instrument alone.")


def test_of_silence_and_of_a_moment_nothing_is_said(tmp_path: Path) -> None:
    for sound in (np.zeros(2 * SAMPLE_RATE, np.float32), sound_of_notes(CHORDS[:1])):
        assert describe_problem(heard(sound, tmp_path), "cello", LEARNED) is None


def test_of_a_long_song_only_excerpts_are_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXCERPTS", 3)
    monkeypatch.setattr(module, "EXCERPT_S", 1.0)
    song = np.concatenate([sound_of_notes([note] * 8) for note in SCALE[:3]])  # 4 s each
    pitches = heard(song, tmp_path)
    assert [len(pitch.midi) for pitch in pitches] == [50, 50, 50]  # from 0, 5.5 and 11 s
    found = [np.unique(pitch.notes[np.isfinite(pitch.notes)]).tolist() for pitch in pitches]
    assert found == [[note] for note in SCALE[:3]]


def test_the_warning_comes_once_whatever_happens_to_the_rendering(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_wav(tmp_path / "song.wav", sound_of_notes(CHORDS))
    with open_song(path) as song:
        with warned_of_unplayable(song, 1.0, "cello", LEARNED):
            pass
        with pytest.raises(KeyboardInterrupt), warned_of_unplayable(song, 1.0, "cello", LEARNED):
            raise KeyboardInterrupt
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert caplog.messages[0].startswith(f"{path} has no single voice")


def test_without_the_tracker_songs_are_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    path = write_wav(tmp_path / "song.wav", sound_of_notes(CHORDS))
    with open_song(path) as song, warned_of_unplayable(song, 1.0, "cello", LEARNED):
        pass
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
