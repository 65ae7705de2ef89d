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
        typer.Option(
            "--run",
            metavar="DIR",
            help="Run folder (repeatable); each is a row of the tables.",
            show_default=False,
        ),
    ] = None,
    instrument: Embedded = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")] = Path("results"),
    videos: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Videos of another system, DIR/<recording>.mp4, as one more row."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder truth/ of virtual performers; also scores slide, bow and left hand.",
            rich_help_panel=MEASURES,
        ),
    ] = None,
    split: Annotated[
        Literal["validation", "test", "train"], typer.Option(help="Which footage to compare with.")
    ] = "validation",
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most N recordings.")] = None,
    through_mp4: Annotated[
        bool,
        typer.Option("--through-mp4", help="Score the frames after mp4 encoding.", rich_help_panel=MEASURES),
    ] = False,
    find_keypoints: Annotated[
        bool,
        typer.Option(
            "--find-keypoints",
            help="Score the keypoints that MediaPipe finds in the frames.",
            rich_help_panel=MEASURES,
        ),
    ] = False,
    lesions: Annotated[
        bool,
        typer.Option(
            "--lesions",
            help="Also score each run with one part disabled at a time, to see what the part contributes.",
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
            help="Pretrained VGG-19 for the perceptual distance.",
            show_default="torch's cache",
            rich_help_panel=MEASURES,
        ),
    ] = None,
    over_time: Annotated[
        bool,
        typer.Option(
            "--over-time",
            help="Also score each run in a song of half an hour, to see whether its quality lasts.",
            rich_help_panel=MEASURES,
        ),
    ] = False,
    at: Annotated[
        list[float] | None,
        typer.Option(
            "--at",
            metavar="SECONDS",
            help="Start of ten seconds that --over-time scores (repeatable).",
            show_default="0, 90 and 1800",
            rich_help_panel=MEASURES,
        ),
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write the report.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Number of processes.", show_default="one a core", rich_help_panel=EXPERT
        ),
    ] = None,
    device: Device = "auto",
    seed: Seed = 0,
) -> None:
    """Compare generated videos with footage that was held out from training.

    Reads shards and run folders. Writes DIR/results.json, tables.md, tables.tex, scores.csv, and report.html,
    one page with all scores, images, curves and videos.
    Also scores what each run makes of the true keypoints, and two baselines that learn nothing.

    Example: apvg evaluate shards/ --run runs/ann --out results/
    """
    from apvg_core.evaluation.evaluate import evaluate as run_evaluate
    from apvg_core.evaluation.over_time import STARTS
    from apvg_core.evaluation.tables import all_tables, write_tables
    from apvg_core.locks import alone_in
    from apvg_core.report.summary import summarise
    from apvg_core.report.write import write_report

    if at and not over_time:
        raise ConfigError("--at goes with --over-time; add that, or leave out --at.")
    runs = all_runs(run, instrument)
    if not runs and videos is None:
        raise ConfigError(
            "There is nothing to evaluate; name a run folder with --run, a performer that came with apvg "
            "with "
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
    console.notice(f"The results are {out / 'results.json'}; the tables for papers are beside it.")
    if page is None:
        console.notice("The same line without --no-report draws the report, and judges nothing anew.")
    else:
        console.notice(f"The report is {page}; open it in a browser.")
