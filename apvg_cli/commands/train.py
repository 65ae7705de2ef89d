"""`apvg train-khp`, `train-cvg` and `train-stu`: shards to the stages of a run."""

from pathlib import Path
from typing import Annotated

import typer

from apvg_cli import console
from apvg_cli.options import Device, Run, Shards

Recipe = Annotated[
    str | None, typer.Option(metavar="NAME", help="paper, fast or tiny.", show_default="the run's, else fast")
]
Instrument = Annotated[str | None, typer.Option(help="Which instrument, if the shards hold several.")]
Performers = Annotated[
    list[str] | None, typer.Option(help="Only this performer (repeatable).", show_default="all")
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, help="The same seed gives the same result.", show_default="0, or the checkpoint's"),
]
Steps = Annotated[int | None, typer.Option(min=1, help="Training steps.", show_default="the recipe's")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")]
VGGWeights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="VGG-19 weights.", show_default="torch's cache, else downloaded"),
]


def train_khp(
    shards: Shards,
    run: Run,
    recipe: Recipe = None,
    steps: Steps = None,
    instrument: Instrument = None,
    performer: Performers = None,
    device: Device = "auto",
    resume: Resume = False,
    seed: Seed = None,
) -> None:
    """Train the first stage: sound to keypoints (KHP).

    Reads shards. Starts the run folder and writes its khp/ stage.

    Example: apvg train-khp shards/ --run runs/ann
    """
    from apvg_core.training.khp import train
    from apvg_core.training.task import TrainOptions

    options = TrainOptions(
        recipe=recipe, instrument=instrument, performers=tuple(performer or ()), steps=steps,
        device=device, resume=resume, seed=seed,
    )  # fmt: skip
    with console.Progress() as progress:
        train(shards, run, options, on_progress=progress)
    console.notice(f"{run} has keypoints now; next: apvg train-cvg {shards} --run {run}")


def train_cvg(
    shards: Shards,
    run: Run,
    recipe: Recipe = None,
    steps: Steps = None,
    instrument: Instrument = None,
    performer: Performers = None,
    device: Device = "auto",
    resume: Resume = False,
    seed: Seed = None,
    vgg_weights: VGGWeights = None,
) -> None:
    """Train the second stage: sound to a coarse video (CVG).

    Reads shards. Writes the cvg/ stage of the run.

    Example: apvg train-cvg shards/ --run runs/ann
    """
    from apvg_core.training.cvg import train
    from apvg_core.training.task import TrainOptions

    options = TrainOptions(
        recipe=recipe, instrument=instrument, performers=tuple(performer or ()), steps=steps,
        device=device, resume=resume, seed=seed, vgg_weights=vgg_weights,
    )  # fmt: skip
    with console.Progress() as progress:
        train(shards, run, options, on_progress=progress)
    console.notice(f"{run} has a coarse video now; next: apvg train-stu {shards} --run {run}")


def train_stu(
    shards: Shards,
    run: Run,
    recipe: Recipe = None,
    steps: Steps = None,
    instrument: Instrument = None,
    performer: Performers = None,
    device: Device = "auto",
    resume: Resume = False,
    seed: Seed = None,
    vgg_weights: VGGWeights = None,
) -> None:
    """Train the last stage: keypoints and coarse video to the final frames (STU).

    Reads shards, and the khp/ and cvg/ stages of the run. Writes its stu/ stage.

    Example: apvg train-stu shards/ --run runs/ann
    """
    from apvg_core.training.stu import train
    from apvg_core.training.task import TrainOptions

    options = TrainOptions(
        recipe=recipe, instrument=instrument, performers=tuple(performer or ()), steps=steps,
        device=device, resume=resume, seed=seed, vgg_weights=vgg_weights,
    )  # fmt: skip
    with console.Progress() as progress:
        train(shards, run, options, on_progress=progress)
    console.notice(f"{run} is complete; next: apvg generate song.wav --run {run} --out song.mp4")
