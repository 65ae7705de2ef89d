"""`apvg extract`: footage to shards."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apvg_cli import console
from apvg_cli.commands.info import shard_rows
from apvg_cli.help import DATA_SETS, EXPERT, PICTURE_AND_SOUND
from apvg_cli.next_steps import after_checking, after_extraction
from apvg_core.config import CqtMode, ExtractConfig, Layout, Split, Window
from apvg_core.cores import available_cores
from apvg_core.errors import ConfigError, DependencyError, MediaError, PartialError

if TYPE_CHECKING:
    from apvg_core.data.sources.recording import Recording
    from apvg_core.extract import ExtractReport

CONNECT_SECONDS = 10


def extract(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH", help="A video, or a folder of footage or a data set.", show_default=False
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Shard folder.")] = Path("shards"),
    layout: Annotated[Layout, typer.Option(help="Layout of PATH.", rich_help_panel=DATA_SETS)] = "auto",
    instrument: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Only this instrument (repeatable). Of a single video: its instrument."
        ),
    ] = None,
    performer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this performer. Of a single video: who plays.")
    ] = None,
    performers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Text file that says who plays, with a line such as 'cello01 = ann' for each recording.",
            rich_help_panel=DATA_SETS,
        ),
    ] = None,
    split: Annotated[
        Split | None,
        typer.Option(help="Only this split of a data set that has them.", rich_help_panel=DATA_SETS),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Only the first N recordings.")
    ] = None,
    window: Annotated[
        Window,
        typer.Option(
            help="Which moment of its 0.5 s of sound a Sub-URMP image shows.", rich_help_panel=DATA_SETS
        ),
    ] = "middle",
    size: Annotated[
        int,
        typer.Option(
            metavar="PIXELS", help="Width and height of the square frames.", rich_help_panel=PICTURE_AND_SOUND
        ),
    ] = ExtractConfig.size,
    fps: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="Frames a second.",
            show_default="the source's",
            rich_help_panel=PICTURE_AND_SOUND,
        ),
    ] = ExtractConfig.fps,
    crop: Annotated[
        str,
        typer.Option(
            metavar="person|center|X,Y,S",
            help="The square that is cut out; the same for all films of a camera that stood still.",
            rich_help_panel=PICTURE_AND_SOUND,
        ),
    ] = ExtractConfig.crop,
    keypoints: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Read OpenPose's JSON files from DIR/<recording>/, instead of using MediaPipe.",
            rich_help_panel=PICTURE_AND_SOUND,
        ),
    ] = None,
    cqt: Annotated[
        CqtMode,
        typer.Option(
            help="One CQT of the whole recording, or one for each 0.5 s clip, as in the paper.",
            rich_help_panel=PICTURE_AND_SOUND,
        ),
    ] = ExtractConfig.cqt_mode,
    window_offset: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="Time from a frame to the middle of its window of sound.",
            rich_help_panel=PICTURE_AND_SOUND,
        ),
    ] = ExtractConfig.window_offset,
    lossless: Annotated[
        bool,
        typer.Option(
            "--lossless", help="Keep frames as PNG instead of JPEG.", rich_help_panel=PICTURE_AND_SOUND
        ),
    ] = ExtractConfig.lossless,
    validation_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of each performer's footage that is held out from training.",
            rich_help_panel=EXPERT,
        ),
    ] = ExtractConfig.validation_fraction,
    test_fraction: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Share of each performer's footage that is kept for 'evaluate --split test'.",
            rich_help_panel=EXPERT,
        ),
    ] = ExtractConfig.test_fraction,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Number of processes.", show_default="all cores")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Dask scheduler whose workers extract, instead of this machine.",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace shards made with other settings or from another film."),
    ] = False,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Remove this recording from DIR, and do nothing else. ID is its id, or its path in the "
            "footage (repeatable).",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
) -> None:
    """Turn footage of musicians into shards to train on.

    Reads a video, a folder of <instrument>/<performer>/ videos, or Sub-URMP or URMP as they are downloaded.
    Writes DIR/manifest.json and one file per recording: frames, sound, CQT and keypoints.
    You can stop it at any time; the same command continues. Films can be added later: what is held out stays
    held out, and a recording that is there already, even under another name, is skipped.

    Example: apvg extract film.mp4 --instrument violin --performer ann

    Example: apvg extract --remove violin/ann/take1.mp4 --out shards/
    """
    if remove:
        _remove(source, out, remove)
        return
    if source is None:
        raise ConfigError("There is nothing to extract; name a video, or a folder of footage or a data set.")
    config = ExtractConfig(
        size=size,
        fps=fps,
        cqt_mode=cqt,
        window_offset=window_offset,
        lossless=lossless,
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        crop=crop,
        keypoints=None if keypoints is None else str(keypoints.resolve()),
    )
    if scheduler is not None:  # its workers run in other folders
        source, out = source.resolve(), out.resolve()
    from apvg_core.data.sources import find_recordings
    from apvg_core.extract import extract as run_extract

    found = find_recordings(
        source,
        layout=layout,
        instruments=tuple(instrument or ()),
        performer=performer,
        splits=() if split is None else (split,),
        limit=limit,
        window=window,
        performers_file=performers,
    )
    for note in found.notes:
        console.notice(note)
    if dry_run:
        _print_plan(found.recordings, config, jobs or available_cores())
        return
    with console.Progress() as progress, _cluster(scheduler) as cluster:
        try:
            report = run_extract(
                found.recordings,
                out,
                config,
                overwrite=overwrite,
                jobs=jobs or _default_jobs(cluster),
                cluster=cluster,
                on_progress=progress,
            )
        except KeyboardInterrupt:
            console.notice(f"What is done is kept in {out}; the same command continues.")
            raise
    _print_summary(report, out)


def _remove(source: Path | None, out: Path, names: list[str]) -> None:
    """Take recordings out of the shard folder.

    Raises:
        ConfigError: There is something to extract, too.
    """
    from apvg_core.data.manifest import read_manifest
    from apvg_core.extract.remove import remove

    if source is not None:
        raise ConfigError(f"--remove takes recordings out of --out and extracts nothing; leave out {source}.")
    for removed in remove(out, names):
        where = ", ".join(sorted(removed.sources))
        again = f"; leave {where} out of the footage, or extract brings it back" if where else ""
        console.notice(f"{removed.id} is removed from {out}{again}.")
    console.next_steps(after_checking(out, read_manifest(out)))


def _print_plan(recordings: "Sequence[Recording]", config: ExtractConfig, jobs: int) -> None:
    """Print what would be extracted, how long it may take and how large the shards may be."""
    from apvg_core.extract.estimate import estimate
    from apvg_core.wording import counted, lasting

    rows, seconds, megabytes = [], 0.0, 0.0
    for recording in recordings:
        try:
            guess = estimate(recording, config)
        except MediaError as error:
            console.error(str(error))
            continue
        seconds += guess.seconds
        megabytes += guess.megabytes
        rows.append(
            {
                "recording": recording.source,
                "instrument": recording.instrument,
                "performer": recording.performer,
                "split": recording.split or "to be assigned",
                "frames": guess.frames,
            }
        )
    console.table(rows)
    console.notice(
        f"{counted(len(rows), 'recording')}: about {lasting(seconds / jobs)} with {counted(jobs, 'job')} and "
        f"{megabytes:.0f} MB of shards. Nothing was written; the same command without --dry-run does it."
    )


def _default_jobs(cluster: Executor | None) -> int:
    """Returns the number of steps at a time, if --jobs is not given."""
    if cluster is None:
        return available_cores()
    return sum(cluster._client.ncores().values()) or 1  # type: ignore[attr-defined]


@contextmanager
def _cluster(address: str | None) -> Iterator[Executor | None]:
    """Connect to a Dask cluster; gives its executor, or None without an address.

    Raises:
        DependencyError: Dask is not installed.
        MediaError: No scheduler answers.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise DependencyError("--scheduler needs Dask; pip install 'apvg[cluster]'.") from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise MediaError(
            f"No Dask scheduler answers at {address}; start one and check --scheduler."
        ) from error
    with client:
        yield client.get_executor()


def _print_summary(report: "ExtractReport", out: Path) -> None:
    """Print a row for each performer, what to do next, then what went wrong.

    Raises:
        MediaError: No recording could be extracted.
        PartialError: Some could not.
    """
    from apvg_core.data.manifest import read_manifest
    from apvg_core.wording import counted

    if report.written:
        console.table(shard_rows(out, report.written))
    console.notice(
        f"Shards written to {out}: {len(report.written)}. Recordings done before: {len(report.skipped)}. "
        f"Failed: {len(report.failures)}."
    )
    if report.written or report.skipped:
        console.next_steps(after_extraction(out, read_manifest(out)))
    for sentence in report.damaged:
        console.error(sentence)
    if not report.failures:
        return
    if not report.written and not report.skipped and len(report.failures) == 1:
        raise MediaError(report.failures[0].reason)
    for failure in report.failures:
        console.error(failure.reason)
    if not report.written and not report.skipped:
        raise MediaError("None of the recordings could be extracted.")
    raise PartialError(
        f"{counted(len(report.failures), 'recording')} could not be extracted (listed in "
        f"{out / 'manifest.json'}); the others' shards are kept."
    )
