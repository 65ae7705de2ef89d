"""`apvg study`: people say which run's videos are most realistic and most in sync."""

from pathlib import Path
from typing import Annotated

import typer

from apvg_cli import console
from apvg_cli.options import Device, Embedded, Seed, all_runs
from apvg_core.errors import ConfigError


def study(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
            help="Songs to play; with --tally, the files that participants sent.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the study.")],
    runs: Annotated[
        list[Path] | None,
        typer.Option(
            "--run", metavar="DIR", help="Run folder to compare; give two or more.", show_default=False
        ),
    ] = None,
    instrument: Embedded = None,
    tally: Annotated[bool, typer.Option("--tally", help="Count the votes.")] = False,
    performer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who plays.", show_default="each run's first performer")
    ] = None,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Let people compare runs: make a page to vote on, or count the votes.

    Reads songs and complete run folders. Writes DIR/index.html with its videos, for the participants, and
    DIR/key.json, which says which run made which video; keep that to yourself.
    With --tally: reads the files that participants sent and the key; writes DIR/tally.json and DIR/tally.md.

    Example: apvg study --run runs/a --run runs/b songs/*.wav --out study/

    Example: apvg study --tally votes/*.json --out study/
    """
    if tally:
        if runs or instrument:
            named = "run" if runs else "instrument"
            raise ConfigError(f"--tally only counts votes; leave out --{named}.")
        _count(files, out)
    else:
        compared = all_runs(runs, instrument, performer)
        _make(files, compared, out, performer=performer, seed=seed, device=device)


def _make(
    songs: list[Path], runs: list[Path], out: Path, *, performer: str | None, seed: int, device: str
) -> None:
    from apvg_core.locks import alone_in
    from apvg_core.study.make import make_study

    with alone_in(out, other="Another study", flag="--out"), console.Progress() as progress:
        make_study(songs, runs, out, performer=performer, seed=seed, device=device, on_progress=progress)
    console.notice(
        f"Send {out / 'index.html'} and {out / 'videos'} to the participants, and keep {out / 'key.json'}."
    )
    console.next_steps([(_tally_command(out), "count what the participants send you")])


def _count(votes: list[Path], out: Path) -> None:
    from apvg_core.study.tally import tally_votes
    from apvg_core.wording import counted

    tally = tally_votes(votes, out)
    console.table(
        [
            {"": row.name, "realistic (95 %)": str(row.realistic), "in sync (95 %)": str(row.in_sync)}
            for row in tally.rows
        ]
    )
    console.notice(
        f"{counted(tally.participants, 'participant')} gave {counted(tally.votes, 'vote')} on each question "
        f"about {counted(tally.sets, 'set')} of videos; the tally is in {out / 'tally.md'} and "
        f"{out / 'tally.json'}."
    )
    console.next_steps([(_tally_command(out), "count again when more votes have come")])


def _tally_command(out: Path) -> str:
    return f"apvg study --tally votes/*.json --out {console.quote(out)}"
