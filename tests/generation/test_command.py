"""`apvg generate`, as it is typed."""

import json
import os
import shutil
from pathlib import Path

import pytest

from apvg_cli import console
from apvg_cli.app import run as apvg
from apvg_cli.process import prepare_streams
from apvg_core import pretrained
from apvg_core.generation import render
from apvg_core.media.video import probe
from tests.conftest import melody
from tests.notes import sound_of_notes
from tests.synth import write_wav


@pytest.fixture
def place(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with songs and a run, which commands are run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "pretrained")
    Path("mine").symlink_to(run)
    Path("songs").mkdir()
    for name in ("one", "two"):
        write_wav(Path(f"songs/{name}.wav"), sound_of_notes([57, 69], seconds=0.4))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_song(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy("songs/one.wav", "a [live].wav")
    command = ["generate", "a [live].wav", "--run", "mine", "-o", "a [live].mp4"]
    assert apvg([*command, "--keypoints", "a.json", "--show", "all", "--label", "--seed", "3"]) == 0
    assert said(capsys)[-3:] == [
        "The video is a [live].mp4",
        "Next, to check that the hand is in the right place for each note:",
        "    apvg check mine 'a [live].wav'",
    ]
    assert (probe(Path("a [live].mp4")).width, Path("a.json").is_file()) == (3 * 64, True)
    assert apvg(command) == 2
    assert said(capsys) == [
        "apvg: a [live].mp4 is there already; --overwrite replaces it, another name keeps it."
    ]
    assert apvg([*command, "--overwrite", "--start", "0.2", "--duration", "0.5"]) == 0
    assert probe(Path("a [live].mp4")).duration == pytest.approx(0.5, abs=0.01)


def test_a_song_in_another_place(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "songs/one.wav", "--run", "mine"]
    assert apvg([*command, "-o", "a.mp4", "--canvas", "128x228", "--quality", "upload"]) == 0
    assert (probe(Path("a.mp4")).width, probe(Path("a.mp4")).height) == (128, 228)
    assert apvg([*command, "-o", "new", "--format", "png", "--alpha"]) == 0
    assert said(capsys)[-3] == "The images are in new/one"


def test_a_folder_of_songs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apvg(["generate", "songs", "--run", "mine", "-o", "new/films", "--format", "webm"]) == 0
    assert [path.name for path in sorted(Path("new/films").iterdir())] == ["one.webm", "two.webm"]
    assert said(capsys)[-4:-2] == ["The video is new/films/one.webm", "The video is new/films/two.webm"]
    assert apvg(["generate", "songs/one.wav", "--run", "mine", "-o", "pictures", "--format", "png"]) == 0
    assert len(list(Path("pictures/one").iterdir())) == 8
    shutil.copy("songs/one.wav", "01. One.wav")
    command = ["generate", "01. One.wav", "--run", "mine", "-o", "pictures", "--format", "png"]
    assert apvg(command) == 0
    assert len(list(Path("pictures/01. One").iterdir())) == 8
    assert apvg([*command, "--overwrite"]) == 0
    Path("pictures/01. One/2023-holiday.png").touch()
    assert apvg([*command, "--overwrite"]) == 2
    assert Path("pictures/01. One/2023-holiday.png").exists()
    assert "pictures/01. One is not a folder of images" in said(capsys)[-1]


def test_a_bad_song_costs_only_itself(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("songs/bad.wav").write_text("la la la", encoding="utf-8")
    assert apvg(["generate", "songs", "--run", "mine", "-o", "films"]) == 7
    assert [path.name for path in sorted(Path("films").iterdir())] == ["one.mp4", "two.mp4"]
    lines = [line for line in said(capsys) if line.startswith("apvg: ")]
    assert "songs/bad.wav" in lines[0]
    assert lines[1:] == ["apvg: 1 of the 3 songs could not be played; the others' videos are in films."]
    write_wav(Path("songs/long.wav"), melody(1.5, 0)[0])
    assert apvg(["generate", "songs", "--run", "mine", "-o", "late", "--start", "1"]) == 7
    assert [path.name for path in Path("late").iterdir()] == ["long.mp4"]
    assert "Nothing is left of songs/one.wav" in capsys.readouterr().err
    assert apvg(["generate", "songs/bad.wav", "nowhere.wav", "--run", "mine", "-o", "films"]) == 3
    assert said(capsys)[-1] == "apvg: None of the 2 songs could be played."


def test_whatever_is_wrong_with_a_song_costs_only_itself(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("four", "three"):
        shutil.copy("songs/one.wav", f"songs/{name}.wav")
    errors = {"one": RuntimeError("what?"), "two": OSError(5, "Input/output error"), "three": MemoryError()}
    real = render.render

    def fail(song: Path, *arguments: object, **settings: object) -> None:
        if song.stem in errors:
            raise errors[song.stem]
        real(song, *arguments, **settings)

    monkeypatch.setattr(render, "render", fail)
    assert apvg(["generate", "songs", "--run", "mine", "-o", "films"]) == 7
    assert [path.name for path in Path("films").iterdir()] == ["four.mp4"]
    report = "--verbose shows the traceback to report."
    assert [line for line in said(capsys) if line.startswith("apvg: ")] == [
        f"apvg: songs/one.wav: This is a bug in apvg (RuntimeError: what?); {report}",
        f"apvg: songs/three.wav: This is a bug in apvg (MemoryError); {report}",
        "apvg: songs/two.wav: Input/output error; --verbose shows the traceback.",
        "apvg: 3 of the 4 songs could not be played; the others' videos are in films.",
    ]


def test_names_of_any_bytes_and_lengths(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare_streams()  # as the command does, before it is run
    names = [os.fsdecode(b"a\xe9"), "a" * 251]
    for name in names:
        shutil.copy("songs/one.wav", f"songs/{name}.wav")
    assert apvg(["generate", "songs", "--run", "mine", "-o", names[0]]) == 0
    assert {path.stem for path in Path(names[0]).iterdir()} == {"one", "two", *names}
    assert (
        apvg(["generate", "songs", "--run", "mine", "-o", "webm", "--format", "webm"]) == 7
    )  # one letter more
    assert "File name too long" in capsys.readouterr().err
    assert len(list(Path("webm").iterdir())) == 3


@pytest.mark.parametrize("out", ["songs/one.wav/x.mp4", "songs/one.wav/folder", "/proc/none/x.gif"])
def test_what_cannot_be_written_is_one_exit_code(
    place: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    assert apvg(["generate", "songs/two.wav", "--run", "mine", "-o", out]) == 2
    assert apvg(["generate", "songs/two.wav", "--run", "mine", "-o", "x.mp4", "--keypoints", out]) == 2
    assert apvg(["generate", "songs", "--run", "mine", "-o", "/proc/none"]) == 2
    assert all("cannot be written (" in line for line in said(capsys) if out in line)
    assert not Path("x.mp4").exists()


def test_an_instrument(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apvg(["generate", "--list"]) == 0
    assert said(capsys) == ["No performer came with this installation; train one and name it with --run."]
    embedded = place / "pretrained/ann"
    shutil.copytree("mine", embedded, ignore=shutil.ignore_patterns("state", "logs"))
    (embedded / "README.md").write_text("license: cc0-1.0\n")
    assert apvg(["generate", "--list"]) == 0
    listed = capsys.readouterr()
    header, row = listed.out.splitlines()
    assert listed.err.splitlines()[-1] == "    apvg generate song.wav --instrument theremin"
    assert header.split() == ["instrument", "performer", "fps", "size", "licence"]
    assert row.split() == ["theremin", "p1", "10", "64", "cc0-1.0"]
    assert apvg(["generate", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"instrument": "theremin", "performer": "p1", "fps": 10.0, "size": 64, "licence": "cc0-1.0"}
    ]
    assert apvg(["generate", "songs/one.wav", "--instrument", "theremin", "-o", "a/new/out.gif"]) == 0
    assert Path("a/new/out.gif").is_file()


def test_a_film_lies_beside_its_song(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apvg(["generate", "songs", "--run", "mine", "--duration", "0.2"]) == 0
    assert said(capsys)[-4:-2] == ["The video is songs/one.mp4", "The video is songs/two.mp4"]
    assert apvg(["generate", "songs/one.wav", "--run", "mine"]) == 2
    assert "songs/one.mp4 is there already" in said(capsys)[-1]
    assert apvg(["generate", "songs/one.mp4", "--run", "mine"]) == 2
    assert "songs/one.mp4 is a song to be played" in said(capsys)[-1]
    assert apvg(["generate", "--run", "mine"]) == 2
    assert said(capsys) == ["apvg: Name the songs to play, or folders of them; --list shows who can play."]
    assert apvg(["generate", "songs/one.wav", "--run", "mine", "--json"]) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("-o x.mp4", "Name a performer: --run DIR is one of yours, --instrument NAME one of those that"),
        ("-o x.mp4 --run mine --instrument tuba", "--run names a performer of yours, --instrument one that"),
        ("-o x.mp4 --instrument tuba", "No performer came with this installation"),
        ("-o x.avi --run mine", "must end in .mp4, .webm, .mov or .gif"),
        ("-o x --run mine songs/two.wav --keypoints k.json", "--keypoints k.json is one file; give one song"),
        ("-o x.mp4 --run mine --keypoints songs/one.wav --overwrite", "one.wav is a song to be played"),
        ("-o x.mp4 --run mine --keypoints songs/two.wav", "two.wav is there already; --overwrite replaces"),
        ("-o x.mp4 --run mine --keypoints x.mp4", "would both become x.mp4"),
        ("-o x.mp4 --run mine --format gif", "--format is for films in a folder, and --out x.mp4 is a film"),
        ("-o songs/two.wav --run mine --overwrite", "must end in .mp4, .webm, .mov or .gif"),
        ("-o x.mp4 --run mine --duration inf", "--start and --duration must be finite numbers of seconds"),
        ("-o x.mp4 --run mine --duration 0", "Nothing is left of songs/one.wav, which lasts 0.8 s"),
        ("-o - --run mine", "- is neither a file nor a folder"),
        ("-o x.mp4 --run mine --keypoints=-", "- is neither a file nor a folder"),
        ("- -o x.mp4 --run mine", "- is neither a file nor a folder"),
        ("-o x.mp4 --run mine --runtime openvino --device cuda", "leave out --device cuda"),
        (
            "-o x.mp4 --run mine --alpha",
            "--alpha needs a format with transparency, and .mp4 has none; name a",
        ),
        ("-o x.webm --run mine --alpha --background red", "--background fills it; leave one out"),
        ("-o x.mp4 --run mine --background x.png", "--background x.png is neither a colour"),
        ("-o x.mp4 --run mine --background songs/one.wav", "songs/one.wav is neither a colour"),
        ("-o x.mp4 --run mine --canvas tall", "--canvas tall is not a size; write width x height in pixels"),
        ("-o x.mp4 --run mine --canvas 1081x1920", "both sides must be even, 64 to 4096 pixels"),
        ("-o x.mp4 --run mine --canvas 1080x1920 --show all", "are for the final video"),
        ("-o x.mp4 --run mine --quality best", "--quality best is neither draft, good or upload nor"),
        ("-o x.gif --run mine --quality 20", "--quality is for mp4 and webm; leave it out"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: str, sentence: str
) -> None:
    before = sorted(place.rglob("*"))
    assert apvg(["generate", "songs/one.wav", *arguments.split()]) == 2
    (line,) = [line for line in said(capsys) if line.startswith("apvg: ")]
    assert sentence in line
    assert sorted(place.rglob("*")) == before


def test_ctrl_c(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(console.Progress, "__call__", interrupt)
    command = ["generate", "songs/one.wav", "--run", "mine", "-o", "x.mp4"]
    assert apvg(command) == 130
    assert said(capsys)[-1] == "apvg: Interrupted."
    assert not list(Path().glob("*x.mp4*"))
    assert apvg([*command, "--keep-partial"]) == 130
    assert said(capsys)[-2:] == ["The unfinished video is kept as x.partial.mp4", "apvg: Interrupted."]
    assert probe(Path("x.partial.mp4")).duration == pytest.approx(0.8)


def test_a_song_that_nobody_can_play_is_told_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notes = [57, 69, 63, 57]
    write_wav(Path("chords.wav"), sound_of_notes([(note, note + 4, note + 7) for note in notes]))
    write_wav(Path("alone.wav"), sound_of_notes(notes))
    for song, warnings in (("chords", 1), ("alone", 0)):
        assert apvg(["generate", f"{song}.wav", "--run", "mine", "--show", "skeleton"]) == 0
        told = [line for line in said(capsys) if "single voice" in line or "range" in line]
        assert len(told) == warnings
        assert all(line.startswith(f"apvg: warning: {song}.wav has no single voice") for line in told)
