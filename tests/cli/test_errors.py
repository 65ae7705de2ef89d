"""The error boundary: every error is one line and has its exit code."""

import pytest

from apvg_cli.commands import info
from apvg_core import errors
from apvg_core.locks import alone_in


@pytest.fixture
def fail(monkeypatch):
    """Make `apvg info` raise."""

    def arrange(error):
        def describe(path):
            raise error

        monkeypatch.setattr(info, "_describe", describe)

    return arrange


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError, 2),
        (errors.MediaError, 3),
        (errors.ShardError, 4),
        (errors.RunError, 5),
        (errors.DependencyError, 6),
        (errors.StudyError, 8),
    ],
)
def test_a_users_error_is_its_sentence_and_code(apvg, fail, error, code):
    sentence = f"{'/long' * 60}/song [live] :smile: [bold].wav holds no sound; record it again."
    fail(error(sentence))
    outcome = apvg("info", "x")
    assert (outcome.code, outcome.out, outcome.err) == (code, "", f"apvg: {sentence}\n")


def test_a_bug_says_so(apvg, fail):
    fail(ZeroDivisionError("by\nnothing"))
    outcome = apvg("info", "x")
    assert outcome.code == 1
    assert outcome.err == (
        "apvg: This is a bug in apvg (ZeroDivisionError: by nothing); "
        "--verbose shows the traceback to report.\n"
    )


def test_what_the_system_refuses_is_no_bug(apvg, fail):
    fail(PermissionError(13, "Permission denied", "out.mp4"))
    outcome = apvg("info", "x")
    assert (outcome.code, outcome.err) == (
        2,
        "apvg: out.mp4: Permission denied; choose another place, or make room.\n",
    )


def test_interrupted(apvg, fail):
    fail(KeyboardInterrupt())
    outcome = apvg("info", "x")
    assert (outcome.code, outcome.err) == (130, "apvg: Interrupted.\n")


@pytest.mark.parametrize("arguments", [["--verbose", "info", "x"], ["info", "x", "--verbose"]])
def test_verbose_brings_the_traceback_back(apvg, fail, arguments):
    fail(errors.MediaError("x is silent."))
    outcome = apvg(*arguments)
    assert outcome.code == 3
    assert "Traceback" in outcome.err
    assert outcome.err.endswith("\napvg: x is silent.\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["info"], "apvg: Name one thing: a shard folder, shard, run, video or song, or --instrument NAME."),
        (
            ["extract"],
            "apvg: There is nothing to extract; name a video, or a folder of footage or a data set.",
        ),
        (
            ["extract", "x", "--remove", "y"],
            "apvg: --remove takes recordings out of --out and extracts nothing; leave out x.",
        ),
        (["--nonsense"], "apvg: No such option: --nonsense. See 'apvg --help'."),
        (["nonsense"], "apvg: No such command 'nonsense'. See 'apvg --help'."),
        (["gnerate", "x"], "apvg: No such command 'gnerate'. Did you mean 'generate'? See 'apvg --help'."),
        (["virtual", "fim"], "apvg: No such command 'fim'. Did you mean 'film'? See 'apvg virtual --help'."),
        (["--verson"], "apvg: No such option: --verson. Did you mean --version? See 'apvg --help'."),
        (
            ["generate", "x", "--instrumnt", "cello"],
            "apvg: No such option: --instrumnt. Did you mean --instrument? See 'apvg generate --help'.",
        ),
        (
            ["generate", "x", "--show", "finl"],
            "apvg: Invalid value for '--show': 'finl' is not one of 'final', 'skeleton', 'heatmap', "
            "'coarse', 'all'. See 'apvg generate --help'.",
        ),
        (["extract", "x", "--size", "7"], "apvg: --size must be a multiple of 16 from 32 to 1024."),
    ],
)
def test_wrong_usage(apvg, arguments, expected):
    outcome = apvg(*arguments)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"{expected}\n")


def test_a_wrong_choice_names_the_right_ones(apvg):
    outcome = apvg("extract", "x", "--cqt", "wrong")
    assert outcome.code == 2
    assert "continuous" in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "arguments", "folder"),
    [
        (5, ("train", "shards", "--run", "{}"), "run"),
        (2, ("evaluate", "shards", "--run", "a", "--out", "{}"), "results"),
        (2, ("study", "song.wav", "--run", "a", "--run", "b", "--out", "{}"), "study"),
    ],
)
def test_commands_hold_their_folders(apvg, tmp_path, code, arguments, folder):
    with alone_in(tmp_path / folder, other="Somebody", flag="--out"):
        outcome = apvg(*(argument.format(tmp_path / folder) for argument in arguments))
    assert outcome.code == code
    assert "is writing to" in outcome.err
