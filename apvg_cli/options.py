"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Shards = Annotated[Path, typer.Argument(metavar="SHARDS", help="Shard folder made by 'apvg extract'.")]
Run = Annotated[Path, typer.Option("--run", metavar="DIR", help="Run folder: the trained performer.")]
Device = Annotated[str, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:1, …")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
