"""Two commands on one folder at once: the second is told."""

import os
import signal
import subprocess
import sys

import pytest

from apvg_core.errors import ConfigError, RunError
from apvg_core.locks import alone_in
from apvg_core.training.parallel import alone_in_run


def hold(folder):
    return alone_in(folder, other="Another training", flag="--run")


def test_the_second_is_told_and_the_next_one_is_not(tmp_path):
    folder = tmp_path / "runs" / "ann"
    with hold(folder):
        (folder / "run.json").touch()
        told = r"Another training is writing to .*ann.*another --run"
        with pytest.raises(ConfigError, match=told), hold(folder):
            raise AssertionError
    with hold(folder):
        pass
    assert (folder / "run.json").exists()


def test_a_folder_that_was_made_in_vain_is_gone(tmp_path):
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "runs" / "ann"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    with hold(tmp_path / "empty"):
        pass
    assert (tmp_path / "empty").is_dir()


def test_a_killed_process_leaves_no_lock(tmp_path):
    script = (
        "import pathlib, sys, time; from apvg_core.locks import alone_in\n"
        f"with alone_in(pathlib.Path({str(tmp_path)!r}), other='', flag=''):\n"
        "    print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        with pytest.raises(ConfigError), hold(tmp_path):
            raise AssertionError
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with hold(tmp_path):
        pass


def test_what_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be created"), hold(tmp_path / "file"):
        raise AssertionError


def test_processes_of_one_training_share_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with alone_in_run(tmp_path):
        with pytest.raises(RunError), alone_in_run(tmp_path):
            raise AssertionError
        monkeypatch.setenv("RANK", "1")
        with alone_in_run(tmp_path):
            pass
