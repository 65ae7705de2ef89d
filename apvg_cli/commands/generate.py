"""`apvg generate`: a song to a video."""

from pathlib import Path
from typing import Annotated

import typer

from apvg_cli import console
from apvg_cli.options import Device, Run, Seed


def generate(
    song: Annotated[Path, typer.Argument(metavar="SONG", help="A recording: wav, mp3, flac, ogg, …")],
    run: Run,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The video (.mp4).")],
    performer: Annotated[
        str | None, typer.Option(help="Who plays.", show_default="the run's first performer")
    ] = None,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Make the video of a performer playing a song.

    Reads a recording of the instrument and a complete run folder. Writes an mp4 with the song as its sound.

    Example: apvg generate song.wav --run runs/ann --out song.mp4
    """
    from apvg_core.generation.pipeline import generate as run_generate

    with console.Progress() as progress:
        run_generate(song, run, out, performer=performer, seed=seed, device=device, on_progress=progress)
    console.notice(f"The video is {out}")
