"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Shards = Annotated[Path, typer.Argument(metavar="SHARDS", help="Shard folder made by 'apvg extract'.")]
Run = Annotated[Path, typer.Option("--run", metavar="DIR", help="Run folder: the trained performer.")]
Embedded = Annotated[
    list[str] | None,
    typer.Option(
        "--instrument",
        metavar="NAME",
        help="A performer that came with apvg, as one more run (repeatable); see 'apvg generate --list'.",
        show_default=False,
    ),
]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1, …")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
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
