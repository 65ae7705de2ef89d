"""Completion: what a shell is offered, by the script that `--install-completion` puts in its place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def surroundings(tmp_path):
    """A home of its own, and an `apvg` on the path that is this one."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    apvg = bin_folder / "apvg"
    apvg.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m apvg_cli "$@"\n')
    apvg.chmod(0o755)
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "HOME": str(tmp_path), "PATH": path, "PYTHONPATH": str(ROOT)}


def in_bash(surroundings, script):
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout


def test_it_installs_for_bash_and_completes(surroundings, tmp_path):
    told = in_bash(surroundings, "apvg --install-completion; echo code $?")
    assert "bash completion installed" in told
    assert told.endswith("code 0\n")
    script = str(tmp_path / ".bash_completions" / "apvg.sh")
    assert script in (tmp_path / ".bashrc").read_text()
    completed = in_bash(
        surroundings,
        f"source '{script}'; COMP_WORDS=(apvg gene); COMP_CWORD=1; _apvg_completion apvg; "
        'echo "${COMPREPLY[*]}"',
    )
    assert completed == "generate\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(surroundings, shell):
    done = subprocess.run(
        [sys.executable, "-m", "apvg_cli"],
        env={**surroundings, "_APVG_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert f"_APVG_COMPLETE=complete_{shell}" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("apvg virtual re", ["rehearse"]),
        ("apvg generate --instr", ["--instrument"]),
        ("apvg generate --instrument tro", ["trombone"]),
        ("apvg info --instrument c", ["cello"]),
        ("apvg check c", ["cello"]),
        ("apvg train --recipe ti", ["tiny"]),
        ("apvg train --recipe fast+without-g", ["fast+without-gcn"]),
        ("apvg train --init a", ["auto"]),
        ("apvg train --init c", ["cello"]),
        ("apvg generate --device cu", ["cuda"]),
        ("apvg generate --show sk", ["skeleton"]),
        ("apvg generate son", []),  # the shell's own completion of files
    ],
)
def test_what_is_offered(apvg, monkeypatch, words, offered):
    monkeypatch.setenv("_APVG_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    outcome = apvg()
    assert (outcome.code, outcome.err) == (0, "")
    assert [value for value in outcome.out.splitlines() if value] == offered


def test_performers_are_offered_by_name(apvg, monkeypatch):
    from apvg_core.pretrained import embedded

    words = "apvg generate --performer p"
    monkeypatch.setenv("_APVG_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", "3")
    names = sorted({name for each in embedded() for name in each.info.performers})
    assert apvg().out.splitlines() == names
