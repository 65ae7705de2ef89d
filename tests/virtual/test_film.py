"""`apvg virtual film`: recordings of virtual performers on the disk."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from apvg_cli.app import run
from apvg_core.media.video import probe, read_frames
from apvg_core.skeleton import JOINTS
from apvg_core.virtual.film import Films, plan
from apvg_core.virtual.recording import Recording, Take
from apvg_core.virtual.sound import fluidsynth

SMALL = ["--seconds", "4", "--size", "64", "--timbre", "additive", "--jobs", "1"]


def main(flags: list[str]) -> int:
    return run(["virtual", "film", *flags])


def files_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_footage_with_its_truth_the_same_for_the_same_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        assert (
            main(
                ["--instrument", "trombone", "--performer", "3", "--seed", "7", "--out", str(folder), *SMALL]
            )
            == 0
        )
    assert files_of(one) == files_of(two)
    film = one / "trombone/p3/trombone_p3_s7_00.mp4"
    assert set(files_of(one)) == {
        "README.md",
        "trombone/p3/trombone_p3_s7_00.mp4",
        "trombone/p3/trombone_p3_s7_00.wav",
        "truth/trombone_p3_s7_00.json",
    }
    assert (probe(film).width, probe(film).height) == (64, 64)
    frames = list(read_frames(film, fps=25))
    assert len(frames) == 100
    assert soundfile.info(film.with_suffix(".wav")).frames == 4 * 44_100

    truth = json.loads((one / "truth/trombone_p3_s7_00.json").read_text())
    assert truth["media"] == film.relative_to(one).as_posix()
    assert len(truth["frames"]["slide_position"]) == len(truth["joints"]["xy"]) == 100
    assert truth["joints"]["names"] == list(JOINTS)
    assert {"onset", "duration", "pitch", "position"} <= set(truth["notes"][0])
    readme = (one / "README.md").read_text()
    assert "trombone/p3/trombone_p3_s7_00.mp4" in readme
    assert "CC0" in readme
    assert "trombone_p3_s7_00: 100 frames" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_there_is_not_rendered_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--instrument", "cello", "--out", str(tmp_path), *SMALL]
    assert main(command) == 0
    film = tmp_path / "cello/p1/cello_p1_s1_00.mp4"
    before = film.stat().st_mtime_ns
    assert main(command) == 0
    assert film.stat().st_mtime_ns == before
    assert "1 of 1 recordings are there already" in capsys.readouterr().err
    assert main([*command, "--size", "80"]) == 0
    assert probe(film).width == 80
    film.unlink()
    assert main([*command, "--size", "80"]) == 0
    assert film.is_file()


@pytest.mark.slow
def test_a_shorter_recording_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    command = ["--instrument", "cello", "--layout", "sub-urmp", "--out", str(tmp_path), *SMALL]
    for seconds, images in ((5, 46), (4, 36)):
        assert main([*command, "--seconds", str(seconds)]) == 0
        assert len(list(tmp_path.glob("Sub-URMP/img/train/cello/*.jpg"))) == images


def test_a_readme_of_something_else_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("# Mine\n")
    assert main(["--instrument", "cello", "--out", str(tmp_path), *SMALL]) == 2
    assert "README.md" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_performer_named_twice_plays_once(tmp_path: Path) -> None:
    assert len(plan(Films(instrument="cello", out=tmp_path, performers=(1, 1), timbre="additive"))) == 1


@pytest.mark.slow
def test_an_interruption_ends_the_workers_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "apvg_cli",
        "virtual",
        "film",
        "--instrument",
        "cello",
        "--recordings",
        "2",
    ]
    options = ["--out", str(tmp_path), *SMALL, "--seconds", "120"]
    with subprocess.Popen(
        [*command, *options],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        # a test run in the background ignores SIGINT, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as child:
        deadline = time.monotonic() + 60
        while not list(tmp_path.rglob("*.mp4.*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=10)
    assert child.returncode == 130
    assert "Interrupted" in said.decode()
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".wav"}


@pytest.mark.slow
def test_two_recordings_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--instrument", "cello", "--layout", "sub-urmp", "--out", str(tmp_path), *SMALL]
    assert main(command) == 0
    assert main([*command, "--performer", "2"]) == 2
    assert "cello01" in capsys.readouterr().err
    assert main([*command[:2], *command[4:]]) == 0, "footage lies beside it"


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("")
    assert main(["--instrument", "cello", "--out", str(tmp_path / "out"), *SMALL]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.slow
def test_a_sub_urmp_tree_and_its_sound_sample_by_sample(tmp_path: Path) -> None:
    command = ["--instrument", "cello", "--layout", "sub-urmp", "--recordings", "2", "--seed", "3"]
    assert main([*command, "--out", str(tmp_path), *SMALL]) == 0
    root = tmp_path / "Sub-URMP"
    for split, stem in (("train", "cello01"), ("validation", "cello02")):
        ends = [500 + 100 * k for k in range(36)]
        assert {path.name for path in (root / "img" / split / "cello").iterdir()} == {
            f"{stem}_{t}.jpg" for t in ends
        }
        assert {path.name for path in (root / "chunk" / split / "cello").iterdir()} == {
            f"{stem}_{t}.wav" for t in ends
        }
    image = cv2.imread(str(root / "img/train/cello/cello01_500.jpg"))
    assert image.shape == (64, 114, 3)

    whole = Recording(
        Take(instrument="cello", performer=1, seed=3, number=0, seconds=4, timbre="additive", soundfont=None)
    ).sound()
    for end in (500, 1700, 4000):
        chunk, rate = soundfile.read(root / f"chunk/train/cello/cello01_{end}.wav")
        assert (rate, chunk.shape) == (44_100, (22_050, 2))
        np.testing.assert_array_equal(chunk[:, 0], chunk[:, 1])
        start = (end - 500) * 441 // 10
        np.testing.assert_allclose(chunk[:, 0], whole[start : start + 22_050], atol=1 / 32_000)
    truth = json.loads((root / "truth/cello01.json").read_text())
    assert truth["frames"]["time"][:2] == [0.25, 0.35]
    assert {"string", "left_hand_position", "bow_position", "bow_direction"} <= set(truth["frames"])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--seconds", "1"], "--seconds"),
        (["--seconds", "nan"], "--seconds"),
        (["--seconds", "inf"], "--seconds"),
        (["--recordings", "0"], "--recordings"),
        (["--size", "65"], "--size"),
        (["--performer", "-1"], "--performer"),
        (["--layout", "sub-urmp", "--recordings", "100"], "99"),
    ],
)
def test_numbers_out_of_range_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    assert main(["--instrument", "cello", "--out", str(tmp_path / "new"), *flags]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_without_its_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("apvg_core.virtual.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "moderngl", None)
    assert main(["--instrument", "cello", "--out", str(tmp_path)]) == 6
    assert "pip install 'apvg[virtual]'" in capsys.readouterr().err


def test_a_file_that_is_no_soundfont_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "font.sf2").write_text("no font")
    flags = ["--timbre", "soundfont", "--soundfont", str(tmp_path / "font.sf2")]
    assert main(["--instrument", "cello", "--out", str(tmp_path / "out"), *flags]) == 2
    assert "not a soundfont" in capsys.readouterr().err


def test_without_a_soundfont_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ["--timbre", "soundfont", "--soundfont", str(tmp_path / "none.sf2")]
    assert main(["--instrument", "cello", "--out", str(tmp_path), *missing]) == 6
    assert "fluidsynth" in capsys.readouterr().err


def test_the_soundfont_that_is_found_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    font = tmp_path / "found" / fluidsynth.FLUID
    font.parent.mkdir()
    font.touch()
    monkeypatch.setattr(fluidsynth, "PLACES", (tmp_path / "none", font.parent))
    monkeypatch.setattr(shutil, "which", lambda program: f"/bin/{program}")
    takes = [job.take for job in plan(Films(instrument="cello", out=tmp_path, recordings=4))]
    assert [take.soundfont for take in takes] == [None, font, None, font]
    assert [take.timbre for take in takes] == ["additive", "soundfont"] * 2
    truth = Recording(takes[1]).truth(np.zeros(1), np.zeros((1, 60, 2)))
    assert truth["soundfont"] == "FluidR3_GM.sf2"
