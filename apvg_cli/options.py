"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from apvg_cli.completion import devices, instruments, performers
from apvg_cli.help import EXPERT
from apvg_core.errors import ConfigError

Shards = Annotated[Path, typer.Argument(metavar="SHARDS", help="Shard folder made by 'apvg extract'.")]
Run = Annotated[Path, typer.Option("--run", metavar="DIR", help="Run folder: the trained performer.")]
Embedded = Annotated[
    list[str] | None,
    typer.Option(
        "--instrument",
        metavar="NAME",
        help="Instrument of a performer that came with apvg, as one more run (repeatable); see 'apvg "
        "generate --list'.",
        show_default=False,
        autocompletion=instruments,
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="auto, cpu, cuda, cuda:1, …", rich_help_panel=EXPERT, autocompletion=devices
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, help="Random seed; the same seed gives the same result.", rich_help_panel=EXPERT
    ),
]
Performer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Who plays.",
        show_default="the run's first performer",
        autocompletion=performers,
    ),
]
VGGWeights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Pretrained VGG-19 for the perceptual loss.",
        show_default="torch's cache",
        rich_help_panel=EXPERT,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def all_runs(
    runs: list[Path] | None, instruments: list[str] | None, performer: str | None = None
) -> list[Path]:
    """Returns the run folders that are named, then those of the performers that came with apvg.

    Raises:
        ConfigError: Nobody that came with apvg plays one of the instruments.
    """
    if not instruments:
        return runs or []
    from apvg_core.pretrained import embedded_run

    return [*(runs or []), *(embedded_run(instrument, performer) for instrument in instruments)]


def chosen_run(run: Path | None, instrument: str | None, performer: str | None) -> Path:
    """Returns the run folder that the options name.

    Raises:
        ConfigError: Neither or both of the ways to name one were used, or nobody plays that instrument.
    """
    from apvg_core.pretrained import embedded_run

    if run is not None and instrument is not None:
        raise ConfigError("--run names a performer of yours, --instrument one that came with apvg; use one.")
    if run is not None:
        return run
    if instrument is None:
        raise ConfigError(
            "Name a performer: --run DIR is one of yours, --instrument NAME one of those that "
            "'apvg generate --list' shows."
        )
    return embedded_run(instrument, performer)
