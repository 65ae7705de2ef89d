"""Writes `report.html` from results, the parts that `evaluate` kept, and the shards; nothing is scored again.

Neither PyTorch nor the runs are needed.
"""

from pathlib import Path
from typing import Final

from markupsafe import Markup

from apvg_core.data.shards import Shard
from apvg_core.errors import ConfigError
from apvg_core.evaluation.results import read_results
from apvg_core.files import atomic_write
from apvg_core.progress import Progress, silent
from apvg_core.report.page import draw_page
from apvg_core.report.performances import read_recording
from apvg_core.report.recording_section import draw_recording

MOST: Final = 4
"""Most recordings on the page."""

BUDGET: Final = 14_000_000
"""Characters of their sections together; another one is displayed where it fits."""


def write_report(
    out: Path,
    shards: Path,
    *,
    videos: Path | None = None,
    on_progress: Progress = silent,
) -> Path:
    """Draw the report of an evaluation.

    Args:
        out: The folder of an evaluation: `results.json`, and the parts that were scored.
        shards: The shard folder.
        videos: The folder of another system's videos that were scored.
        on_progress: Called after each recording.

    Returns:
        The page.

    Raises:
        ConfigError: The results or a part of them are missing or damaged, or the page cannot be written.
        ShardError: A shard is missing or damaged.
        MediaError: A video is damaged.
    """
    results = read_results(out / "results.json")
    names = list(results.shards)[:MOST]
    sections: list[Markup] = []
    for number, name in enumerate(names, start=1):
        recording = read_recording(name, results, out, shards, videos)
        sections.append(draw_recording(recording, f"Recording {number}"))
        on_progress("report", number, len(names))
        if sum(map(len, sections)) + max(map(len, sections)) > BUDGET:
            break
    on_progress("report", len(names), len(names))

    with Shard(recording.shard) as shard:
        info = shard.info
    path = out / "report.html"
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(draw_page(results, info, sections), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}).") from error
    return path
