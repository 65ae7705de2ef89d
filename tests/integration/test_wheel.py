"""What users install: the wheel, in an environment of its own, used in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apvg_core.media.audio import open_song
from apvg_core.media.video import probe
from apvg_core.pretrained import embedded

ROOT = Path(__file__).parents[2]
INSTRUMENTS = ("trombone", "cello")


@pytest.mark.slow
def test_the_wheel_plays_for_both_instruments(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}

    def call(*command: str | Path, cwd: Path = tmp_path) -> str:
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path / "dist", ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    call(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    call(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel)
    # as on a Python that MediaPipe has no wheels for
    call(python, "-m", "pip", "uninstall", "-q", "-y", "mediapipe", "opencv-python", "opencv-contrib-python")

    empty = tmp_path / "empty"
    empty.mkdir()
    apvg = tmp_path / "venv/bin/apvg"
    listed = call(apvg, "generate", "--list", cwd=empty)
    for instrument in INSTRUMENTS:
        assert instrument in listed
        song = ROOT / f"examples/songs/{instrument}.ogg"
        call(
            apvg, "generate", song, "--instrument", instrument, "--duration", "3",
            "-o", f"{instrument}.mp4", cwd=empty,
        )  # fmt: skip
        assert probe(empty / f"{instrument}.mp4").duration == pytest.approx(3, abs=0.04)
        with open_song(empty / f"{instrument}.mp4") as made:
            assert made.duration == pytest.approx(3, abs=1e-3)
    assert sorted(path.name for path in empty.iterdir()) == ["cello.mp4", "trombone.mp4"]


def test_the_performers_are_small() -> None:
    """Both together at most 40 MB, as they are in every wheel."""
    runs = [each.run for each in embedded()]
    assert runs
    assert sum(path.stat().st_size for run in runs for path in run.rglob("*.*")) < 40e6
