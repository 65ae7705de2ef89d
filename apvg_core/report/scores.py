"""The tables of results as HTML, with what each metric means."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from apvg_core.evaluation.results import Results, Row
from apvg_core.evaluation.tables import Table
from apvg_core.metrics.metric import AnyMetric
from apvg_core.metrics.registry import METRICS
from apvg_core.report.html import Html, element, joined, scroll_box
from apvg_core.report.intervals import Mean, interval_plot
from apvg_core.report.material import CONTESTANTS, label, looks

GLANCE: Final = ("psnr", "ssim", "keypoint_distance", "agreement")
"""Metrics that are drawn as well."""

_BY_HEADING: Final = {metric.heading: metric for metric in METRICS.values()}


def glance(results: Results) -> Html:
    """The main metrics as means with intervals."""
    plots = []
    for metric in (METRICS[key] for key in GLANCE):
        means = [
            _mean(metric, row, look)
            for row, look in zip(results.rows, looks(results.rows), strict=True)
            if metric.key in row.scores and row.kind != "true keypoints"
        ]
        if means:
            plots.append(interval_plot(metric.heading, means))
    return element("div", *plots, class_="glance")


def _mean(metric: AnyMetric, row: Row, look: str) -> Mean:
    score = row.scores[metric.key]
    low, high = (score.value if end is None else end for end in (score.low, score.high))
    text = f"{score.value:z.{metric.decimals}f}".replace("-", "−")
    return Mean(row.name, look, score.value, low, high, text, main=row.kind in CONTESTANTS)


def score_table(table: Table, results: Results) -> Html:
    """One of the tables; the best number of the runs in each column stands out."""
    metrics = [_metric(column) for column in table.columns]
    colours = {row.name: look for row, look in zip(results.rows, looks(results.rows), strict=True)}
    others = {row.name for row in results.rows if row.kind not in CONTESTANTS}
    racing = [row for row in table.rows if row[0] not in others]
    best = [
        _best(metric, [row[k] for row in racing], results) if metric else None
        for k, metric in enumerate(metrics)
    ]
    head = [_heading(column, metric) for column, metric in zip(table.columns, metrics, strict=True)]
    body = []
    for row in table.rows:
        cells = [
            _cell(text, best=row in racing and text == top)
            if metric
            else element("th", label(text, colours[text]) if text in colours else text, scope="row")
            for text, metric, top in zip(row, metrics, best, strict=True)
        ]
        body.append(element("tr", *cells))
    return joined([element("h3", table.title), _table(table.title, head, body)])


def printed_table(table: Table) -> Html:
    """A table that others have printed: nothing of it is marked."""
    metrics = [_metric(column) for column in table.columns]
    head = [_heading(column, metric) for column, metric in zip(table.columns, metrics, strict=True)]
    body = [
        element(
            "tr",
            *(
                element("td", text) if metric else element("th", text, scope="row")
                for text, metric in zip(row, metrics, strict=True)
            ),
        )
        for row in table.rows
    ]
    return joined([element("h3", table.title), _table(table.title, head, body)])


def _table(name: str, head: Iterable[Html], body: Iterable[Html]) -> Html:
    rows = element("thead", element("tr", *head)), element("tbody", *body)
    return scroll_box(element("table", *rows, class_="scores", aria_label=name), name)


def _metric(column: str) -> AnyMetric | None:
    """Of a column's heading, which in the paper's tables begins with the instrument."""
    return _BY_HEADING.get(column.rpartition(": ")[2])


def _heading(column: str, metric: AnyMetric | None) -> Html:
    if metric is None:
        return element("th", column, scope="col")
    link = element("a", _unbroken(column), href=f"#metric-{metric.key}", title=metric.definition)
    return element("th", link, scope="col", class_="number")


def _unbroken(heading: str) -> str:
    """With ↑ or ↓ on the line of its last word, and → on the line of what it points to."""
    return heading.replace(" ↑", "\u00a0↑").replace(" ↓", "\u00a0↓").replace("→ ", "→\u00a0")


def _best(metric: AnyMetric, cells: Sequence[str], results: Results) -> str | None:
    """The cell with the best number; None where there is nothing to choose from, or by."""
    scored = [text for text in cells if text != "-"]
    target = results.of_recordings(metric.key)
    if len(scored) < 2 or metric.goal is None or (metric.goal == "recording" and target is None):
        return None
    best = scored[0]
    for text in scored[1:]:
        if metric.better(float(text.split()[0]), float(best.split()[0]), target):
            best = text
    return best


def _cell(text: str, *, best: bool) -> Html:
    """A cell such as "23.46 ± 0.31 *", its parts apart."""
    number, _, rest = text.partition(" ± ")
    number, mark, rest = number.removesuffix(" *"), text.endswith(" *"), rest.removesuffix(" *")
    parts: list[str] = [element("b" if best else "span", number.replace("-", "−" if number != "-" else "–"))]
    if rest:
        parts.append(element("small", f" ± {rest}"))
    parts.append(element("sup", "*" if mark else ""))
    return element("td", *parts)


def recording_tables(results: Results) -> Iterable[Html]:
    """Each method's scores of each recording, in boxes that open."""
    for k, (row, look) in enumerate(zip(results.rows, looks(results.rows), strict=True)):
        metrics = [metric for key, metric in METRICS.items() if key in row.scores]
        head = [element("th", "recording", scope="col"), *(_heading(m.heading, m) for m in metrics)]
        body = [
            element(
                "tr",
                element("th", name, scope="row"),
                *(_cell(_plain(metric, scores), best=False) for metric in metrics),
            )
            for name, scores in row.recordings.items()
        ]
        drawn = _table(f"Scores of each recording: {row.name}", head, body)
        yield element("details", element("summary", label(row.name, look)), drawn, open=k == 0)


def _plain(metric: AnyMetric, scores: dict[str, float]) -> str:
    value = scores.get(metric.key)
    return "-" if value is None or not np.isfinite(value) else f"{value:z.{metric.decimals}f}"


def definitions(results: Results) -> Html:
    """What each metric that has a value is."""
    known = [metric for key, metric in METRICS.items() if any(key in row.scores for row in results.rows)]
    entries = [
        element(
            "div",
            element("dt", metric.heading),
            element("dd", metric.definition),
            id=f"metric-{metric.key}",
        )
        for metric in known
    ]
    return element("dl", *entries, class_="definitions")
