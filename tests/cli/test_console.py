import io
import logging
import re

import pytest
from rich.console import Console

from apvg_cli import console


def test_tables_keep_long_and_bracketed_cells_whole(capsys):
    name = "/long" * 60 + "/[bold]"
    console.table([{"name": name, "share": 0.12345, "none": None}])
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "share", "none"]
    assert row.split() == [name, "0.1235", "-"]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [("40", ["held-out loss  is trained", "          0.5  yes"]),
     ("20", ["held-out is", "    loss trained", "     0.5 yes"])],
)  # fmt: skip
def test_tables_are_narrower_only_where_the_terminal_is(capsys, monkeypatch, columns, lines):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    console.table([{"held-out loss": 0.5, "is trained": True}])
    plain = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert [line.rstrip() for line in plain.splitlines()] == lines


def test_commands_of_one_purpose_stand_together(capsys):
    console.next_steps([("a 1", "play"), ("a 2", "play"), ("b", "look")])
    assert capsys.readouterr().err.splitlines() == [
        "Next, to play:", "    a 1", "    a 2", "Next, to look:", "    b"
    ]  # fmt: skip


def test_facts_flatten(capsys):
    console.facts({"stages": {"khp": {"steps": 3}}, "performers": ("ann", "bob"), "done": True})
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [[name, value.strip()] for name, value in lines] == [
        ["stages.khp.steps", "3"], ["performers", "ann, bob"], ["done", "yes"],
    ]  # fmt: skip


def test_what_the_core_logs_goes_to_stderr(capsys):
    console.show_logs(verbose=False)
    log = logging.getLogger("apvg_core.anything")
    log.debug("hidden")
    log.info("said")
    log.warning("no [weights]")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "said\napvg: warning: no [weights]\n")


def test_what_went_wrong_is_shown_to_whoever_asks(capsys):
    error = RuntimeError("look failed in its own process")
    error.add_note("Traceback of the process")
    for verbose in (False, True):
        console.show_logs(verbose=verbose)
        logging.getLogger("apvg_core.anything").debug("What went wrong with a.mp4:", exc_info=error)
        told = capsys.readouterr().err
        assert ("look failed" in told, "Traceback of the process" in told) == (verbose, verbose)
    console.show_logs(verbose=False)


def test_progress_is_silent_for_a_while_without_a_terminal(capsys):
    with console.Progress() as progress:
        for done in range(101):
            progress("train", done, 100, loss=0.5)
    assert capsys.readouterr().err == ""


def test_progress_speaks_now_and_then_without_a_terminal(capsys, monkeypatch):
    clock = iter([0.0, 0.0, 10.0, 40.0])
    with monkeypatch.context() as patch:
        patch.setattr("apvg_cli.console.time.monotonic", lambda: next(clock))
        progress = console.Progress()
        progress("train", 100, 1000, loss=0.5)
        progress("train", 110, 1000, loss=0.4)
        progress("train", 140, 1000, loss=0.25)
    assert capsys.readouterr().err == "train: 140/1000, 1/s, 0:14:20 left, loss 0.25\n"


@pytest.mark.parametrize("total", [0, 3])
def test_progress_of_finished_and_empty_tasks(capsys, total):
    with console.Progress() as progress:
        progress("task", total, total)
        progress("task", total, total)


def test_progress_draws_bars_on_a_terminal_and_leaves_none_behind(monkeypatch):
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, force_interactive=True, width=100)
    monkeypatch.setattr(console, "stderr", lambda: terminal)
    with console.Progress() as progress:
        progress("train [fast]", 1, 4, loss=0.5)
        progress("train [fast]", 2, 4, loss=0.25)
        progress._bars.refresh()
        console.notice("meanwhile")
        progress("train [fast]", 4, 4)
    drawn = screen.getvalue()
    assert "train [fast]" in drawn
    assert "loss 0.25" in drawn
    assert "meanwhile" in drawn
    assert "train" not in drawn.rsplit("\x1b[2K", 1)[-1]


def test_units_stand_behind_their_numbers(capsys, monkeypatch):
    """0.748 % is 0.7 %, and what comes later is added to what is left."""
    clock = iter([0.0, 0.0, 40.0])
    with monkeypatch.context() as patch:
        patch.setattr("apvg_cli.console.time.monotonic", lambda: next(clock))
        progress = console.Progress()
        progress("train", 0, 100)
        progress("train", 40, 100, **{"loss": 0.25, "later": 600.0, "frames/s": 1401.6, "% waiting": 0.748})
    assert capsys.readouterr().err == (
        "train: 40/100, 1/s, 0:01:00 left (all: about 0:11:00), loss 0.25, 1402 frames/s, 0.7 % waiting\n"
    )


def test_the_first_steps_are_not_the_speed(capsys, monkeypatch):
    """Five steps of 20 s each, then one a second."""
    clock = iter([0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 160.0])
    monkeypatch.setattr("apvg_cli.console.PLAIN_SECONDS", 150)
    with monkeypatch.context() as patch:
        patch.setattr("apvg_cli.console.time.monotonic", lambda: next(clock))
        progress = console.Progress()
        for done in (1, 2, 3, 4, 5, 6, 46):
            progress("train", done, 1000)
    assert capsys.readouterr().err == "train: 46/1000, 1/s, 0:15:54 left\n"


def test_a_background_job_is_not_asked(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y"))
    assert not console.can_ask()
