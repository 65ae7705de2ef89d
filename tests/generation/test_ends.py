"""`apvg generate` and the signals that end it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import melody
from tests.synth import write_m4a


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("when", ["decoded.wav", "x.mp4"])
def test_a_song_that_is_ended_by_a_signal_leaves_nothing(
    run: Path, tmp_path: Path, number: signal.Signals, when: str
) -> None:
    song, out, scratch = tmp_path / "long.m4a", tmp_path / "out", tmp_path / "scratch"
    scratch.mkdir()
    write_m4a(song, melody(120, 0)[0][:, None])
    command = [sys.executable, "-m", "apvg_cli", "generate", song, "--run", run, "-o", out / "x.mp4"]
    place = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(scratch)}
    with subprocess.Popen(
        command, env=place, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        patience = time.monotonic() + 60
        while not any(when in path.name for path in tmp_path.rglob("*")):
            assert time.monotonic() < patience
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        os.killpg(process.pid, number)  # as a terminal, and a scheduler, do
        code, told = process.wait(30), process.stderr.read()
        assert (code, told.splitlines()[-1]) == (128 + number, "apvg: Interrupted."), told
    assert list(scratch.iterdir()) == []
    assert not out.exists() or list(out.iterdir()) == []
