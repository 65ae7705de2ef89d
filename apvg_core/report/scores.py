"""Tables and plots of the scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from apvg_core.evaluation.results import Results, Row
from apvg_core.evaluation.tables import Table
from apvg_core.metrics.metric import AnyMetric
from apvg_core.metrics.registry import METRICS
from apvg_core.report.formatting import number
from apvg_core.report.intervals import IntervalPlot, Mean, interval_plot
from apvg_core.report.performances import CONTESTANTS, Label, row_styles

GLANCE: Final = ("psnr", "ssim", "keypoint_distance", "agreement")
"""Metrics that are drawn as well."""

_BY_HEADING: Final = {metric.heading: metric for metric in METRICS.values()}


@dataclass(frozen=True)
class Heading:
    """A column's heading; that of a metric links to its definition."""

    text: str
    metric: AnyMetric | None


@dataclass(frozen=True)
class Score:
    """A cell such as "23.46 ± 0.31 *", in parts."""

    number: str
    half_width: str = ""
    mark: str = ""
    best: bool = False


@dataclass(frozen=True)
class ScoreTable:
    """A table of scores.

    Attributes:
        title: Above it.
        name: What a screen reader calls it.
        headings: One a column.
        rows: One cell a column: a label or a score.
        marked: False for numbers of which none is marked as the best.
        note: Below it.
    """

    title: str
    name: str
    headings: list[Heading]
    rows: list[list[Label | Score]]
    marked: bool = True
    note: str = ""


@dataclass(frozen=True)
class MethodScores:
    """A method's scores of each recording."""

    label: Label
    table: ScoreTable


def main_intervals(results: Results) -> Iterator[IntervalPlot]:
    """Draw the main metrics as means with intervals."""
    for metric in (METRICS[key] for key in GLANCE):
        means = [
            _mean(metric, row, style)
            for row, style in zip(results.rows, row_styles(results.rows), strict=True)
            if metric.key in row.scores and row.kind != "true keypoints"
        ]
        if means:
            yield interval_plot(metric.heading, means)


def _mean(metric: AnyMetric, row: Row, style: str) -> Mean:
    score = row.scores[metric.key]
    low, high = (score.value if end is None else end for end in (score.low, score.high))
    text = number(score.value, metric.decimals)
    return Mean(row.name, style, score.value, low, high, text, main=row.kind in CONTESTANTS)


def score_table(table: Table, results: Results) -> ScoreTable:
    """Mark the best number of the contestants in each column of a table."""
    metrics = [_metric(column) for column in table.columns]
    styles = {row.name: style for row, style in zip(results.rows, row_styles(results.rows), strict=True)}
    others = {row.name for row in results.rows if row.kind not in CONTESTANTS}
    racing = [row for row in table.rows if row[0] not in others]
    best = [
        _best(metric, [row[k] for row in racing], results) if metric else None
        for k, metric in enumerate(metrics)
    ]
    rows = [
        [
            _score(text, best=row in racing and text == top) if metric else Label(text, styles.get(text, ""))
            for text, metric, top in zip(row, metrics, best, strict=True)
        ]
        for row in table.rows
    ]
    return ScoreTable(table.title, table.title, _headings(table.columns), rows)


def unmarked_table(table: Table) -> ScoreTable:
    """Return a table that is no race: lesions, scores over time, and what others have printed."""
    metrics = [_metric(column) for column in table.columns]
    rows: list[list[Label | Score]] = [
        [Score(_typeset(text)) if metric else Label(text) for text, metric in zip(row, metrics, strict=True)]
        for row in table.rows
    ]
    return ScoreTable(table.title, table.title, _headings(table.columns), rows, marked=False, note=table.note)


def recording_tables(results: Results) -> Iterator[MethodScores]:
    """Return each method's scores of each recording."""
    for row, style in zip(results.rows, row_styles(results.rows), strict=True):
        metrics = [metric for key, metric in METRICS.items() if key in row.scores]
        cells: list[list[Label | Score]] = [
            [Label(name), *(_score(_plain(metric, scores)) for metric in metrics)]
            for name, scores in row.recordings.items()
        ]
        name = f"Scores of each recording: {row.name}"
        headings = _headings(["recording", *(metric.heading for metric in metrics)])
        yield MethodScores(Label(row.name, style), ScoreTable(name, name, headings, cells))


def scored_metrics(results: Results) -> list[AnyMetric]:
    """Return the metrics that have a value."""
    return [metric for key, metric in METRICS.items() if any(key in row.scores for row in results.rows)]


def _metric(column: str) -> AnyMetric | None:
    """Find the metric of a heading, which in the paper's tables begins with the instrument."""
    return _BY_HEADING.get(column.rpartition(": ")[2])


def _headings(columns: Sequence[str]) -> list[Heading]:
    return [Heading(_unbroken(column), _metric(column)) for column in columns]


def _unbroken(heading: str) -> str:
    """Keep ↑ or ↓ on the line of its last word, and → on the line of what it points to."""
    return heading.replace(" ↑", "\u00a0↑").replace(" ↓", "\u00a0↓").replace("→ ", "→\u00a0")


def _best(metric: AnyMetric, cells: Sequence[str], results: Results) -> str | None:
    """Return the cell with the best number; None where there is nothing to choose from, or by."""
    scored = [text for text in cells if text != "-"]
    target = results.of_recordings(metric.key)
    if len(scored) < 2 or metric.goal is None or (metric.goal == "recording" and target is None):
        return None
    best = scored[0]
    for text in scored[1:]:
        if metric.better(float(text.split()[0]), float(best.split()[0]), target):
            best = text
    return best


def _score(text: str, *, best: bool = False) -> Score:
    """Take a cell such as "23.46 ± 0.31 *" apart."""
    value, _, rest = text.removesuffix(" *").partition(" ± ")
    return Score(_typeset(value), rest, "*" if text.endswith(" *") else "", best)


def _typeset(text: str) -> str:
    """Write minus signs as such, and a dash for no value."""
    return "–" if text == "-" else text.replace("-", "−")


def _plain(metric: AnyMetric, scores: dict[str, float]) -> str:
    value = scores.get(metric.key)
    return "-" if value is None or not np.isfinite(value) else f"{value:z.{metric.decimals}f}"
