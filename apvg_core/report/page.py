"""The page around the recordings: what was scored, what came of it, and what the numbers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from apvg_core.data.shards import ShardInfo
from apvg_core.evaluation.results import Kind, Results, Row
from apvg_core.evaluation.tables import ASIDES, all_tables, note_on
from apvg_core.metrics.metric import AnyMetric
from apvg_core.report.formatting import clock
from apvg_core.report.intervals import IntervalPlot
from apvg_core.report.scores import (
    MethodScores,
    ScoreTable,
    main_intervals,
    recording_tables,
    score_table,
    scored_metrics,
    unmarked_table,
)
from apvg_core.report.summary import summarise
from apvg_core.report.templates import fill
from apvg_core.wording import counted

KINDS: Final[dict[Kind, str]] = {
    "run": "a run, from sound alone",
    "true keypoints": "the same run, given the true keypoints: what perfect keypoint prediction would bring",
    "videos": "films of another system",
    "baseline": "a baseline that learns nothing",
    "recording": "the footage itself: the target of columns with → recordings",
}

BOLD: Final = "The best of several runs is bold."

SPLITS: Final = {
    "validation": "held out from training",
    "test": "held out from training and from every choice",
    "train": "trained on, so the scores are too good",
}

BEFORE: Final = (
    "These results are from an earlier version, which kept neither the runs' coarse frames nor facts about "
    "their training; to see them here, repeat 'apvg evaluate'."
)


@dataclass(frozen=True)
class Method:
    """A row of the table of methods."""

    name: str
    kind: str
    recipe: str
    training: str


@dataclass(frozen=True)
class Page:
    """The values of the page's template.

    Attributes:
        title: Instrument and performers.
        summary: The results in two sentences.
        facts: Facts about the scored footage.
        note: Said of the scores.
        intervals: The main metrics as means with intervals.
        tables: All scores.
        asides: Tables that are no race: what each part of a run contributes, scores over a long song, what
            others have printed.
        omissions: Sentences on what the page lacks.
        displayed: Names of the displayed recordings.
        sections: Their sections.
        each: Each method's scores of each recording.
        metrics: Metrics to be defined.
        methods: Facts about each method.
        extraction: Settings of the footage's extraction.
    """

    title: str
    summary: list[Markup]
    facts: dict[str, str]
    note: str
    intervals: list[IntervalPlot]
    tables: list[ScoreTable]
    asides: list[ScoreTable]
    omissions: list[str]
    displayed: list[str]
    sections: Sequence[Markup]
    each: list[MethodScores]
    metrics: list[AnyMetric]
    methods: list[Method]
    extraction: dict[str, str]


def draw_page(results: Results, info: ShardInfo, sections: Sequence[Markup]) -> str:
    """Draw the whole document.

    Args:
        results: The numbers.
        info: Facts about the first recording.
        sections: Sections of the recordings that are displayed.
    """
    tables = all_tables(results)
    metrics = {key for row in results.rows for key in row.scores}
    page = Page(
        title=f"{results.instrument.replace('_', ' ').capitalize()}, {', '.join(results.performers)}",
        summary=summarise(results),
        facts=_facts(results, info),
        note=f"{note_on(metrics, results)} {BOLD}",
        intervals=list(main_intervals(results)),
        tables=[score_table(table, results) for table in tables if table.key not in ASIDES],
        asides=[unmarked_table(table) for table in tables if table.key in ASIDES],
        omissions=_omissions(results, len(sections)),
        displayed=list(results.shards)[: len(sections)],
        sections=sections,
        each=list(recording_tables(results)),
        metrics=scored_metrics(results),
        methods=[
            Method(row.name, KINDS[row.kind], row.method or "–", _training(row)) for row in results.rows
        ],
        extraction={name.replace("_", " "): _text(value) for name, value in info.settings.items()},
    )
    return fill("page.html.j2", page=page)


def _facts(results: Results, info: ShardInfo) -> dict[str, str]:
    frames = results.rows[0].frames
    footage = f"{results.split}, {SPLITS[results.split]}"
    return {
        "Instrument": results.instrument.replace("_", " "),
        "Performers": ", ".join(results.performers),
        "Footage": f"{results.data_set}: {footage}" if results.data_set else footage,
        "Recordings": f"{len(results.shards)}, together {clock(frames / results.fps)}",
        "Frames": f"{frames} of {results.size} × {results.size} pixels, {results.fps:g} a second",
        "Judged": "what comes out of the mp4" if results.through_mp4 else "frames as they are made",
        "Keypoints": "found in the pictures" if results.found_keypoints else "as the methods give them",
        "Sound": f"CQT {info.cqt_mode}, window offset {info.window_offset:g} s",
        "Seed": str(results.seed),
        "Version": f"apvg {results.apvg}",
    }


def _omissions(results: Results, displayed: int) -> list[str]:
    sentences = []
    if displayed < len(results.shards):
        sentences.append(
            f"To keep this page small, the first {displayed} of {len(results.shards)} recordings are shown."
        )
    if any(row.kind == "run" and row.training is None for row in results.rows):
        sentences.append(BEFORE)
    return sentences


def _training(row: Row) -> str:
    """Format a run's training, for example "khp 1500, cvg 1000, stu 1800 steps; 6 recordings; 3 seeds"."""
    if row.training is None:
        return "–"
    steps = ", ".join(
        f"{stage} {'?' if count is None else count}" for stage, count in row.training.steps.items()
    )
    seeds = f"; {row.seeds} seeds" if row.seeds > 1 else ""
    return f"{steps} steps; {counted(row.training.recordings, 'recording')}{seeds}"


def _text(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
