"""The app: its commands, its one error boundary and its exit codes.

====  ===========================================================================================
0     done
1     something unexpected; mostly a bug of ours
2     a flag or setting is wrong (`ConfigError`), or what it names cannot be written: no such place, no
      permission, a full disk
3     a song or video cannot be used (`MediaError`)
4     shards cannot be used (`ShardError`)
5     a run folder cannot be used (`RunError`)
6     a part of the installation is missing (`DependencyError`)
7     some of several recordings or songs could not be used, the others were (`PartialError`)
8     a study folder or votes cannot be used (`StudyError`)
128+  ended by a signal: 129 a closed terminal, 130 Ctrl-C, 143 SIGTERM; 141 nobody reads the output
====  ===========================================================================================
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from apvg_cli import console
from apvg_cli.commands import (
    benchmark,
    check,
    doctor,
    evaluate,
    extract,
    film_check,
    generate,
    info,
    learn,
    study,
    train,
    virtual,
)
from apvg_cli.errors import report_error
from apvg_cli.help import QUICKSTART, Command, Group
from apvg_cli.process import BROKEN_PIPE
from apvg_core import __version__
from apvg_core.errors import ConfigError

INTERRUPTED = 130

app = typer.Typer(
    name="apvg",
    cls=Group,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "Play songs": {"generate": generate.generate},
    "Train a performer of your own": {
        "film-check": film_check.film_check,
        "learn": learn.learn,
        "extract": extract.extract,
        "train": train.train,
        "train-khp": train.train_khp,
        "train-cvg": train.train_cvg,
        "train-stu": train.train_stu,
    },
    "Judge": {"evaluate": evaluate.evaluate, "check": check.check, "study": study.study},
    "More": {
        "info": info.info,
        "doctor": doctor.doctor,
        "benchmark": benchmark.benchmark,
    },
}
for _group, _commands in COMMANDS.items():
    for _name, _function in _commands.items():
        app.command(_name, cls=Command, rich_help_panel=_group)(_function)
app.add_typer(virtual.app, name="virtual", rich_help_panel="More")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"apvg {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def apvg(
    context: typer.Context,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show more messages, and tracebacks of errors.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Turn music into a video of a musician playing it.

    Two performers come with apvg, a trombonist and a cellist. learn makes one of your own in one command;
    extract, train and evaluate do the same step by step.
    """
    console.show_logs(verbose=verbose)
    if context.invoked_subcommand is None:
        typer.echo(QUICKSTART, nl=False)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; the only place where errors end."""
    arguments = _complete_resume(arguments)
    if "--verbose" in arguments:  # people add it at the end of the line; Typer wants it before the command
        arguments = ["--verbose", *(argument for argument in arguments if argument != "--verbose")]
    try:
        _refuse_pipes(arguments)
        code: int | None = app(arguments, prog_name="apvg", standalone_mode=False)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SystemExit as ended:  # completion is done; or nobody reads the pipe any more
        code = BROKEN_PIPE if ended.code else 0
    except Exception as error:  # noqa: BLE001 (the boundary: whatever it is, it ends here)
        code = report_error(error)
    if code == INTERRUPTED:  # Typer, too, makes this code of Ctrl-C
        console.error("Interrupted.")
    return code or 0


def _refuse_pipes(arguments: Sequence[str]) -> None:
    """Refuse -, which other programs take for standard input or output.

    Raises:
        ConfigError: An argument is -.
    """
    if any(re.fullmatch(r"-|--[a-z-]+=-|-[a-z]-", argument) for argument in arguments):
        raise ConfigError(
            "- is neither a file nor a folder; apvg reads and writes them by their names, so give one "
            "(and save what a pipe brings to a file first)."
        )


def _complete_resume(arguments: Sequence[str]) -> list[str]:
    """Give a `--resume` that stands alone its value: Typer has no options whose value may be left out."""
    complete = []
    for index, argument in enumerate(arguments):
        complete.append(argument)
        if argument == "--resume" and not {"last", "auto"}.intersection(arguments[index + 1 : index + 2]):
            complete.append("last")
    return complete
