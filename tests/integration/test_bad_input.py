"""What users get wrong is one sentence and an exit code, and damages nothing."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from apvg_cli.app import run as apvg
from tests.conftest import melody
from tests.synth import noise, write_video, write_wav


@pytest.fixture
def workplace(
    tmp_path: Path, shards: Path, half_run: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with good things and bad ones, which commands are run in."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(shards, "shards")
    shutil.copytree(run, "run")
    write_wav(Path("song.wav"), melody(1, 0)[0])
    write_wav(Path("empty.wav"), np.zeros(0, np.float32))
    Path("text.wav").write_text("hello", encoding="utf-8")
    Path("words.mp4").write_text("hello", encoding="utf-8")
    Path("folder").mkdir()
    shutil.copytree(half_run, "half")
    shutil.copytree("shards", "cut")
    victim = Path("cut/train/theremin/a.h5")
    victim.write_bytes(victim.read_bytes()[:5000])
    shutil.copytree("run", "tampered")
    weights = Path("tampered/stu/model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-64])
    return tmp_path


CASES = {
    "extract nowhere.mp4 --instrument tuba --out x": (3, "nowhere.mp4"),
    "extract words.mp4 --instrument tuba --out x": (3, "words.mp4"),
    "extract words.mp4 --out x": (2, "--instrument"),
    "extract folder --out x": (3, "folder holds no videos"),
    "extract words.mp4 --instrument tuba --size 100": (2, "--size"),
    "extract words.mp4 --instrument tuba --out song.wav": (2, "song.wav"),
    "train-khp nowhere --run x": (4, "nowhere is not a shard folder"),
    "train-khp song.wav --run x": (4, "song.wav is not a shard folder"),
    "train-khp shards --run x --recipe papr": (2, "did you mean paper?"),
    "train-khp shards --run x --instrument kazoo": (4, "--instrument can be theremin"),
    "train-khp shards --run x --performer bob": (4, "--performer can be p1"),
    "train-khp shards --run run": (5, "already holds khp"),
    "train-khp shards --run song.wav --recipe tiny": (5, "song.wav"),
    "train-khp cut --run x --recipe tiny": (4, "a.h5 is damaged"),
    "train-stu shards --run nowhere": (5, "nowhere is not a run"),
    "train-stu shards --run half --vgg-weights nowhere.pth": (2, "nowhere.pth"),
    "generate nowhere.wav --run run -o out.mp4": (3, "nowhere.wav"),
    "generate text.wav --run run -o out.mp4": (3, "text.wav"),
    "generate empty.wav --run run -o out.mp4": (3, "empty.wav"),
    "generate song.wav --run run -o song.wav/out.mp4": (2, "song.wav"),
    "generate song.wav --run run -o out.avi": (2, "must end in .mp4"),
    "generate song.wav song.wav --run run -o x": (2, "would both become x/song.mp4"),
    "generate folder --run run -o x": (3, "folder holds no songs"),
    "generate song.wav --run folder -o out.mp4": (5, "folder is not a run"),
    "generate song.wav --run half -o out.mp4": (5, "lacks the stage stu"),
    "generate song.wav --run tampered -o out.mp4": (5, "model.safetensors is damaged"),
    "generate song.wav --run run -o out.mp4 --performer bob": (2, "--performer bob"),
    "generate song.wav --run run -o out.mp4 --device toaster": (2, "--device toaster"),
    "evaluate cut --run run --out results --split train": (4, "a.h5 is damaged"),
    "evaluate shards --out results": (2, "name a run folder with --run"),
    "evaluate shards --run run --truth nowhere --out results": (2, "nowhere"),
    "evaluate shards --run run --out song.wav": (2, "song.wav"),
    "info nowhere": (2, "nowhere"),
    "info cut/train/theremin/a.h5": (4, "a.h5 is damaged"),
    "info words.mp4": (3, "words.mp4"),
}


@pytest.mark.parametrize("line", CASES)
def test_one_sentence_and_an_exit_code(
    workplace: Path, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    code, words = CASES[line]
    before = {path: path.stat().st_mtime_ns for path in workplace.rglob("*") if path.is_file()}
    assert apvg(line.split()) == code
    printed = capsys.readouterr()
    (sentence,) = [text for text in printed.err.splitlines() if text.startswith("apvg: ")]
    assert words in sentence
    assert "bug" not in sentence
    assert "Traceback" not in printed.err + printed.out
    assert {path: path.stat().st_mtime_ns for path in before} == before  # nothing already made is damaged
    assert not Path("x/run.json").exists()  # and nothing half-made is left


def test_footage_without_sound_or_a_person_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "footage/tuba/ann"
    folder.mkdir(parents=True)
    write_video(folder / "mute.mp4", seconds=1.0)
    write_video(folder / "nobody.mp4", seconds=1.0, sound=noise(1.0))
    assert apvg(["extract", "footage", "--out", "x", "--size", "64"]) == 3
    printed = capsys.readouterr().err
    assert "mute.mp4 has no sound" in printed
    assert "No person found in tuba/ann/nobody.mp4" in printed
