"""`apvg check`: results, files, sentences."""

import json
import shutil

import cv2
import pytest

from apvg_core.pretrained import embedded_run
from apvg_core.run.note_positions import NOTE_POSITIONS
from tests.notes import melody, sound_of_notes
from tests.synth import write_wav


@pytest.fixture
def song(tmp_path):
    return write_wav(tmp_path / "song.wav", sound_of_notes(melody(8, 0)))


@pytest.fixture
def run(tmp_path):
    """The cellist that came with apvg, as a run of one's own."""
    return shutil.copytree(embedded_run("cello"), tmp_path / "run")


@pytest.mark.slow
def test_a_performer_and_a_song(apvg, song, tmp_path):
    files = ["--json", tmp_path / "check.json", "--plot", tmp_path / "check.png"]
    outcome = apvg("check", "cello", song, *files)
    assert outcome.code == 0, outcome.err
    for words in ("Left hand and pitch agree", "by chance", "in which a note is heard"):
        assert words in outcome.out
    document = json.loads((tmp_path / "check.json").read_text())
    assert document["hand"] == "left hand"
    assert 0 <= document["by_chance"] <= document["agreement"] <= 1
    assert 3 < document["seconds"]["judged"] <= 4
    assert cv2.imread(str(tmp_path / "check.png")) is not None
    assert outcome.err.splitlines()[-1] == f"Open {tmp_path / 'check.png'} to see where they disagree."
    plain = apvg("check", "cello", song)
    assert plain.err.splitlines()[-1] == f"    apvg check cello {song} --plot check.png"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["cello"], 2, "Name the song that cello is to play: apvg check cello SONG"),
        (["cello", "song.wav", "--run", "x"], 2, "cello is a performer itself; leave out --run"),
        (["test.txt"], 2, "Name a performer: --run DIR is one of yours"),
        (["celo", "song.wav"], 2, "celo is neither a video nor a run folder, nor an instrument that"),
        (["cello", "song.wav", "--shards", "."], 2, "--shards is for your own runs; performers that came"),
        (["film.mp4", "--instrument", "kazoo"], 2, "plays the kazoo"),
        (["film.mp4", "--instrument", "cello"], 3, "film.mp4"),
        (["cello", "nowhere.wav"], 3, "nowhere.wav"),
        (["cello", "song.wav", "--performer", "zoe"], 2, "--performer zoe is not in the run; it holds p14"),
        (["cello", "song.wav", "--plot", "plot.gif"], 2, "--plot plot.gif must end in .png or .jpg"),
        ([".", "song.wav"], 5, "is not a run"),
    ],
)
def test_errors_are_sentences(apvg, tmp_path, monkeypatch, arguments, code, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test.txt").write_text("no film")
    outcome = apvg("check", *arguments)
    assert outcome.code == code, outcome.err
    assert sentence in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_run_that_does_not_tell_where_the_hand_is(apvg, song, run, tmp_path, monkeypatch):
    (run / NOTE_POSITIONS).unlink()
    outcome = apvg("check", run, song)
    assert outcome.code == 5
    assert f"{run} was trained by an earlier version" in outcome.err
    assert "with --shards" in outcome.err
