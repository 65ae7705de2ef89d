"""`apvg learn`: footage to a performer, all commands one after the other."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import typer

from apvg_cli import console
from apvg_cli.commands.evaluate import evaluate
from apvg_cli.commands.extract import extract
from apvg_cli.commands.film_check import check_films
from apvg_cli.commands.generate import generate
from apvg_cli.commands.train import train
from apvg_cli.completion import instruments
from apvg_cli.next_steps import after_learning
from apvg_cli.options import Device, Run, VGGWeights
from apvg_core.config import STAGES, ExtractConfig
from apvg_core.errors import ConfigError, PartialError

if TYPE_CHECKING:
    from apvg_core.data.sources import Recording

SAMPLE_SECONDS: Final = 20.0
"""Length of the sample video."""

EARLY_STOPPING: Final = tuple(
    f"{stage}.training.{setting}" for stage in STAGES for setting in ("validate_every=100", "patience=5")
)
"""Settings of little footage, which is learned by heart sooner or later."""

LEAST_MINUTES: Final = 1.0
"""For training, however long the extraction took."""


def learn(
    footage: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A video, or a folder of <instrument>/<performer>/ videos."),
    ],
    run: Run,
    minutes: Annotated[
        float, typer.Option(metavar="N", min=2, help="Time for extraction and training together, about.")
    ] = 60.0,
    instrument: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The instrument; needed if the folders do not name it, or name several.",
            autocompletion=instruments,
        ),
    ] = None,
    performer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who plays; needed if the folders do not say.")
    ] = None,
    size: Annotated[
        int, typer.Option(metavar="N", help="Width and height of the square frames, in pixels.")
    ] = ExtractConfig.size,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before training.")] = False,
    device: Device = "auto",
    vgg_weights: VGGWeights = None,
) -> None:
    """Make a performer from footage: check, extract, look, train, evaluate, and play a sample.

    Reads footage. Writes the run folder, and beside it RUN-film-check.png, RUN-shards/, RUN-sheet.png,
    RUN-results/ and RUN-sample.mp4. Training begins with weights that came with apvg (train's --init auto).
    If it is stopped, the same command continues.

    Example: apvg learn my_footage/ --run runs/me

    Example: apvg learn me.mp4 --instrument cello --performer me --run runs/me --minutes 30
    """
    started = time.monotonic()
    names = ("film-check.png", "shards", "sheet.png", "results", "sample.mp4")
    beside = {name: run.with_name(f"{run.name}-{name}") for name in names}
    shards, sheet = beside["shards"], beside["sheet.png"]
    films = _films(footage, instrument, performer)
    with console.no_next_steps():
        if not (shards / "manifest.json").is_file():
            _check(films, beside["film-check.png"])
        try:
            extract(
                footage, out=shards, size=size, performer=performer,
                instrument=None if instrument is None else [instrument],
            )  # fmt: skip
        except PartialError as error:
            console.error(str(error))
        left = minutes - (time.monotonic() - started) / 60  # how long the user looks does not count
        _look(shards, sheet, ask=not yes)
        train(
            shards, run, minutes=max(LEAST_MINUTES, left), instrument=instrument,
            performer=None if performer is None else [performer], device=device, resume="auto",
            init="auto", change=list(EARLY_STOPPING), vgg_weights=vgg_weights,
            vgg_download=False if yes else None,
        )  # fmt: skip
        held_out = _play_sample(shards, run, beside["sample.mp4"], device)
        if held_out:
            evaluate(shards, [run], out=beside["results"], device=device, vgg_weights=vgg_weights)
        else:
            console.notice(
                "There is too little footage to hold some of it out, so nothing was evaluated; film more."
            )
    console.next_steps(after_learning(run, beside["sample.mp4"], beside["results"] if held_out else None))


def _films(footage: Path, instrument: str | None, performer: str | None) -> "list[Recording]":
    """Find the films that are to be learned from.

    Raises:
        MediaError: There are none.
        ConfigError: They are of several instruments, or of none that is named.
    """
    from apvg_core.data.sources import find_recordings

    names = () if instrument is None else (instrument,)
    films = find_recordings(footage, instruments=names, performer=performer).recordings
    played = sorted({film.instrument for film in films})
    if len(played) > 1:
        raise ConfigError(f"{footage} holds {', '.join(played)}; choose one with --instrument.")
    return films


def _check(films: "list[Recording]", sheet: Path) -> None:
    """Say what will go wrong with the films; those that cannot be checked are extraction's to refuse."""
    _, failures = check_films(films, sheet)
    for failure in failures:
        console.error(str(failure))


def _look(shards: Path, sheet: Path, *, ask: bool) -> None:
    """Draw a sheet of a shard, and let the user look at it.

    Raises:
        KeyboardInterrupt: They don't want to go on.
    """
    from apvg_core.data.manifest import read_manifest
    from apvg_core.drawing.sheet import write_sheet

    write_sheet(shards / read_manifest(shards)[0].path, sheet)
    console.notice(f"{sheet} shows what was found; the sticks should lie on the player's arms and hands.")
    if ask and console.can_ask() and not console.confirm("Do they? Then training begins."):
        raise KeyboardInterrupt


def _play_sample(shards: Path, run: Path, video: Path, device: str) -> bool:
    """Generate a sample video; returns True if its music was held out from training."""
    from apvg_core.data.held_out_song import write_held_out_song
    from apvg_core.run.info import read_run

    with TemporaryDirectory(prefix="apvg-learn-") as folder:
        song = Path(folder) / "sample.wav"
        held_out = write_held_out_song(shards, read_run(run), song, SAMPLE_SECONDS)
        generate([song], out=video, run=run, overwrite=True, device=device)
    return held_out
