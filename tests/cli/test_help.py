import subprocess
import sys

import pytest

from apvg_core import __version__

COMMANDS = [
    "film-check", "extract", "train", "train-khp", "train-cvg", "train-stu", "generate", "evaluate", "check",
    "study", "info", "doctor", "benchmark", "virtual",
]  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["train-stu", "--help"], ["virtual", "film", "--help"]]
)
def test_help_imports_nothing_heavy(arguments):
    script = (
        "import sys; from apvg_cli.app import run; code = run(sys.argv[1:]);"
        "heavy = {'torch', 'numpy', 'librosa', 'cv2', 'mediapipe', 'h5py', 'av', 'moderngl', 'mido'};"
        "heavy &= set(sys.modules);"
        "sys.exit(str(heavy) if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_arguments_show_a_quickstart(apvg):
    outcome = apvg()
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 79


def test_the_help_lists_every_command_under_its_heading(apvg):
    help_text = apvg("--help").out
    headings = [line for line in help_text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Options:", "Play songs:", "Train a performer of your own:", "Judge:", "More:"]
    for command in COMMANDS:
        assert f"\n  {command} " in help_text
    assert "..." not in help_text.partition("Play songs:")[2]  # whole sentences


@pytest.mark.parametrize("command", [*COMMANDS, "virtual film", "virtual rehearse", "virtual listen"])
def test_no_command_shows_more_than_a_dozen_options_in_a_row(apvg, command):
    """Expert options stand apart, and last; no type is called as Python calls it."""
    help_text = apvg(*command.split(), "--help").out
    sections = help_text.split("\n\n")
    for section in sections:
        options = [line for line in section.splitlines() if line.startswith("  -")]
        assert len(options) <= 12, section
    if "Expert options:" in help_text:
        assert sections[-1].startswith("Expert options:")
    for odd in ("<str>", "<int", "<bool>", "list[", "<Path>", "<float"):
        assert odd not in help_text


def test_help_on_a_terminal_has_bold_headings_unless_nobody_wants_them(monkeypatch):
    from apvg_cli import help as help_module

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert help_module._has_styles()
    monkeypatch.setenv("TERM", "dumb")
    assert not help_module._has_styles()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not help_module._has_styles()


@pytest.mark.parametrize("command", [*COMMANDS[:-1], "virtual film", "virtual rehearse", "virtual check"])
def test_each_command_says_what_it_reads_and_writes_and_gives_an_example(apvg, command):
    outcome = apvg(*command.split(), "--help")
    assert outcome.code == 0
    for word in ("Reads", "rites ", f"Example: apvg {command}"):
        assert word in outcome.out


@pytest.mark.parametrize("arguments", [["virtual"], ["virtual", "-h"]])
def test_the_virtual_performers_commands_are_listed(apvg, arguments):
    assert all(command in apvg(*arguments).out for command in ("film", "rehearse", "check"))


def test_version(apvg):
    assert apvg("--version").out == f"apvg {__version__}\n"


def test_the_module_runs_too():
    done = subprocess.run([sys.executable, "-m", "apvg_cli", "--version"], capture_output=True, text=True)
    assert done.stdout == f"apvg {__version__}\n"
