"""`apvg extract`: footage to shards."""

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from apvg_cli import console
from apvg_core.config import CqtMode, ExtractConfig
from apvg_core.errors import MediaError


def extract(
    source: Annotated[Path, typer.Argument(metavar="PATH", help="A video, or a folder of them.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Shard folder.")] = Path("shards"),
    instrument: Annotated[str | None, typer.Option(help="What is played, where PATH does not say.")] = None,
    performer: Annotated[str | None, typer.Option(help="Who plays, where PATH does not say.")] = None,
    size: Annotated[int, typer.Option(help="Edge of the square frames in pixels.")] = ExtractConfig.size,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second.", show_default="the source's")
    ] = ExtractConfig.fps,
    cqt: Annotated[
        CqtMode, typer.Option(help="One CQT over the recording, or one a clip as in the paper.")
    ] = ExtractConfig.cqt_mode,
    window_offset: Annotated[
        float, typer.Option(help="Seconds from a frame to the middle of the sound it sees.")
    ] = ExtractConfig.window_offset,
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Keep frames as PNG instead of JPEG.")
    ] = ExtractConfig.lossless,
    validation_fraction: Annotated[
        float, typer.Option(help="Share of each performer's footage held out from training.")
    ] = ExtractConfig.validation_fraction,
    jobs: Annotated[int, typer.Option(min=1, help="Recordings extracted at a time.")] = 1,
) -> None:
    """Turn footage of musicians into shards to train on.

    Reads a video, or a folder of <instrument>/<performer>/ videos.
    Writes DIR/manifest.json and one file per recording: frames, sound, CQT and keypoints.
    May be stopped and repeated at any time; finished shards are kept.

    Example: apvg extract film.mp4 --instrument violin --performer ann
    """
    config = ExtractConfig(
        size=size,
        fps=fps,
        cqt_mode=cqt,
        window_offset=window_offset,
        lossless=lossless,
        validation_fraction=validation_fraction,
    )
    from apvg_core.extract import extract as run_extract

    with console.Progress() as progress, _pool(jobs) as executor:
        report = run_extract(
            source,
            out,
            config,
            instrument=instrument,
            performer=performer,
            executor=executor,
            on_progress=progress,
        )
    console.table(
        [
            {
                "shard": entry.path,
                "performer": entry.performer,
                "frames": entry.frames,
                "seconds": entry.frames / entry.fps,
            }
            for entry in report.written
        ]
    )
    console.notice(
        f"Shards written to {out}: {len(report.written)}. Recordings done before: {len(report.skipped)}."
    )
    for sentence in report.damaged:
        console.error(sentence)
    if len(report.failures) == 1:
        raise MediaError(report.failures[0])
    for sentence in report.failures:
        console.error(sentence)
    if report.failures:
        raise MediaError(
            f"{len(report.failures)} of the recordings could not be extracted; the others' shards are kept."
        )


def _pool(jobs: int) -> AbstractContextManager[Executor | None]:
    """Threads for several recordings at a time, each of which waits for a process of its own."""
    return nullcontext() if jobs == 1 else ThreadPoolExecutor(jobs)
