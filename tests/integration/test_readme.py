"""The way a new user goes: every `apvg` line of the README, in order, on footage that is drawn here."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from apvg_cli.app import run
from apvg_core.media.audio import open_song
from apvg_core.media.video import probe
from apvg_core.run import read_run

ROOT = Path(__file__).parents[2]


def draw(path: Path, seconds: float, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        ROOT / "examples/make_footage.py",
        path,
        f"--seconds={seconds}",
        f"--seed={seed}",
    ]
    subprocess.run(command, check=True)


def readme_commands() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("apvg ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def hurried(command: list[str]) -> list[str]:
    """The same command at a size that a test can wait for."""
    if command[0] == "extract":
        return [*command, "--size", "64"]
    if command[0].startswith("train"):
        steps = {"3000": "2", "6000": "4"}
        command = [steps.get(word, word) for word in command]
        command += [] if "--steps" in command else ["--steps", "2"]
        command += ["--recipe", "tiny"] if command[0] == "train-khp" else []
    return command


def test_the_readme_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for seed in (1, 2):
        draw(tmp_path / f"my_footage/slide/figure/film{seed}.mp4", 2, seed)
    draw(tmp_path / "film.mp4", 3, 3)
    draw(tmp_path / "song.wav", 1.5, 4)
    commands = readme_commands()
    assert {command[0] for command in commands} == {
        "extract", "info", "train-khp", "train-cvg", "train-stu", "generate", "evaluate"
    }  # fmt: skip
    for command in commands:
        assert run(hurried(command)) == 0, (command, capsys.readouterr())

    assert probe(Path("out.mp4")).duration == pytest.approx(round(1.5 * 25) / 25)
    with open_song(Path("out.mp4")) as made, open_song(Path("song.wav")) as song:
        assert (made.samples, made.sample_rate) == (song.samples, song.sample_rate)
    rows = json.loads(Path("results/results.json").read_text())["rows"]
    assert [row["name"] for row in rows] == ["mine", "mean frame", "nearest audio"]
    printed = capsys.readouterr().out
    assert "nearest audio" in printed
    assert read_run(Path("runs/mine")).instrument == "slide"
    assert read_run(Path("runs/ann")).stages["khp"]["steps"] == 4
    assert read_run(Path("runs/ann")).performers == ("ann",)


@pytest.mark.slow
def test_the_demo_leaves_a_video(tmp_path: Path) -> None:
    path = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # this environment's python and apvg
    )
    script = ROOT / "examples/demo.sh"
    subprocess.run(["bash", script, tmp_path / "demo", "3"], check=True, env={**os.environ, "PATH": path})
    assert probe(tmp_path / "demo/performance.mp4").duration == pytest.approx(10.0)
