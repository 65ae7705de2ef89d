"""`apvg evaluate`: how close runs come to the footage, and whether they play the music."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from apvg_cli import console
from apvg_cli.help import EXPERT, MEASURES
from apvg_cli.options import Device, Embedded, Seed, Shards, all_runs
from apvg_core.errors import ConfigError


def evaluate(
    shards: Shards,
    run: Annotated[
        list[Path] | None,
        typer.Option("--run", metavar="DIR", help="Run folder (repeatable: a row each).", show_default=False),
    ] = None,
    instrument: Embedded = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the results.")] = Path("results"),
    videos: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also any system's films, DIR/<recording>.mp4, as one more row."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The virtual performers' truth/: judges slide, bow and left hand.",
            rich_help_panel=MEASURES,
        ),
    ] = None,
    split: Annotated[
        Literal["validation", "test", "train"], typer.Option(help="Which footage to compare with.")
    ] = "validation",
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most so many recordings.")] = None,
    through_mp4: Annotated[
        bool,
        typer.Option(
            "--through-mp4", help="Judge the frames as they come out of the mp4.", rich_help_panel=MEASURES
        ),
    ] = False,
    find_keypoints: Annotated[
        bool,
        typer.Option(
            "--find-keypoints",
            help="Judge keypoints as MediaPipe finds them in the pictures.",
            rich_help_panel=MEASURES,
        ),
    ] = False,
    lesions: Annotated[
        bool,
        typer.Option(
            "--lesions",
            help="Also each run with a part disabled at a time: what it contributes.",
            rich_help_panel=MEASURES,
        ),
    ] = False,
    judge: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Run whose discriminator gives the sync scores.",
            show_default="the first --run that has one",
            rich_help_panel=MEASURES,
        ),
    ] = None,
    vgg_weights: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Pretrained VGG-19 that gives the perceptual distance.",
            show_default="torch's cache",
            rich_help_panel=MEASURES,
        ),
    ] = None,
    over_time: Annotated[
        bool,
        typer.Option(
            "--over-time",
            help="Also each run in a song of half an hour: does its quality last?",
            rich_help_panel=MEASURES,
        ),
    ] = False,
    at: Annotated[
        list[float] | None,
        typer.Option(
            "--at",
            metavar="SECONDS",
            help="Where --over-time looks at ten seconds (repeatable).",
            show_default="0, 90 and 1800",
            rich_help_panel=MEASURES,
        ),
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not draw the report.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Processes.", show_default="one a core", rich_help_panel=EXPERT
        ),
    ] = None,
    device: Device = "auto",
    seed: Seed = 0,
) -> None:
    """Compare what runs generate with the footage they were held out from.

    Reads shards and run folders. Writes DIR/results.json, tables.md, tables.tex, scores.csv, and report.html:
    one page with everything, images, curves and films too.
    Beside the runs stand what they would make of the true keypoints, and two baselines that learn nothing.

    Example: apvg evaluate shards/ --run runs/ann --out results/
    """
    from apvg_core.evaluation.evaluate import evaluate as run_evaluate
    from apvg_core.evaluation.over_time import STARTS
    from apvg_core.evaluation.tables import all_tables, write_tables
    from apvg_core.locks import alone_in
    from apvg_core.report.summary import summarise
    from apvg_core.report.write import write_report

    if at and not over_time:
        raise ConfigError("--at names the times of --over-time; add that, or leave out --at.")
    runs = all_runs(run, instrument)
    if not runs and videos is None:
        raise ConfigError(
            "There is nothing to judge; name a run folder with --run, a performer that came with apvg with "
            "--instrument, or films with --videos."
        )
    page = None
    with alone_in(out, other="Another evaluation", flag="--out"), console.Progress() as progress:
        results = run_evaluate(
            shards, runs, out, videos=videos, truth=truth, split=split, limit=limit,
            through_mp4=through_mp4, find_keypoints=find_keypoints, lesions=lesions, judge=judge,
            vgg_weights=vgg_weights, over_time=(at or STARTS) if over_time else (), device=device,
            seed=seed, jobs=jobs, on_progress=progress,
        )  # fmt: skip
        write_tables(out, results)
        if not no_report:
            page = write_report(out, shards, videos=videos, on_progress=progress)
    for table in all_tables(results):
        console.notice("")
        console.notice(table.title)
        console.table([dict(zip(table.columns, row, strict=True)) for row in table.rows])
        console.notice(table.note)
    console.notice("")
    for sentence in summarise(results):
        console.notice(sentence.striptags())
    console.notice(f"The results are {out / 'results.json'}; tables for papers lie beside it.")
    if page is None:
        console.notice("The same line without --no-report draws the report, and judges nothing anew.")
    else:
        console.notice(f"The report is {page}; open it in a browser.")
