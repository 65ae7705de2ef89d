"""Writes `report.html` from `results.json`, the judged parts and the shards; nothing is judged again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.evaluation.plan import run_names
from apvg_core.evaluation.results import Results
from apvg_core.files import atomic_write
from apvg_core.progress import Progress, silent
from apvg_core.report.html import Html
from apvg_core.report.images import Source
from apvg_core.report.material import read_recording
from apvg_core.report.page import page
from apvg_core.report.recording import draw_recording
from apvg_core.run import read_run

MOST: Final = 4
"""Recordings that are shown."""

BUDGET: Final = 14_000_000
"""Characters of their sections together; another one is shown where it fits."""


def write_report(
    out: Path,
    results: Results,
    shards: Path,
    runs: Sequence[Path],
    *,
    films: Path | None = None,
    device: str = "auto",
    on_progress: Progress = silent,
) -> Path:
    """Draw the report of an evaluation.

    Args:
        out: The folder of the results, with the parts that were judged.
        results: The numbers.
        shards: The shard folder.
        runs: The run folders, in the order of their rows.
        films: The folder of other films that were judged.
        device: Where coarse frames are made again: "auto", "cpu", "cuda", ...
        on_progress: Called after each recording.

    Returns:
        The page.

    Raises:
        ConfigError: A part of the results is missing, or the page cannot be written.
        RunError: A run is damaged.
        ShardError: A shard is missing or damaged.
        MediaError: A film is damaged.
    """
    folders = dict(zip(run_names(runs), runs, strict=True))
    sources = {name: Source(folder, results.seed, device) for name, folder in folders.items()}
    shown = list(results.shards)[:MOST]
    sections: list[Html] = []
    for number, name in enumerate(shown, start=1):
        recording = read_recording(name, results, out, shards, films)
        sections.append(draw_recording(recording, f"Recording {number}", sources))
        on_progress("report", number, len(shown))
        if sum(map(len, sections)) + max(map(len, sections)) > BUDGET:
            break
    on_progress("report", len(shown), len(shown))

    with Shard(recording.shard) as shard:
        info = shard.info
    document = page(results, {name: read_run(folder) for name, folder in folders.items()}, info, sections)
    path = out / "report.html"
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(document, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}).") from error
    return path
