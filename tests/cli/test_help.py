import subprocess
import sys

import pytest

from apvg_core import __version__

COMMANDS = [
    "film-check", "extract", "train", "train-khp", "train-cvg", "train-stu", "generate", "evaluate", "check",
    "study", "info", "doctor", "virtual",
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


def test_no_arguments_show_the_help(apvg):
    outcome = apvg()
    assert outcome.code == 0
    assert all(command in outcome.out for command in COMMANDS)


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
