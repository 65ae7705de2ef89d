"""The results in two sentences."""

from collections.abc import Sequence
from functools import reduce

from markupsafe import Markup

from apvg_core.evaluation.results import Results, Row
from apvg_core.metrics.metric import AnyMetric
from apvg_core.metrics.registry import METRICS
from apvg_core.report.formatting import number
from apvg_core.report.performances import CONTESTANTS


def summarise(results: Results) -> list[Markup]:
    """Say which run is best, and which differences are real, by the first metric that the first row has.

    Returns:
        HTML; `striptags` makes it plain text.
    """
    first = results.rows[0]
    metric = next((metric for key, metric in METRICS.items() if key in first.scores), None)
    if metric is None:
        return [_name(first) + " made nothing that could be measured."]
    scored = [row for row in results.rows if metric.key in row.scores]
    contestants = [row for row in scored if row.kind in CONTESTANTS]
    baselines = [row for row in scored if row.kind == "baseline"]
    rest = [row for row in [*contestants, *baselines] if row is not first]
    return [_ranking(metric, contestants, baselines, results), _significance(metric, first, rest)]


def best(metric: AnyMetric, rows: Sequence[Row], target: float | None) -> Row:
    """Return the row with the best score, the first of equals; `target` is what the recordings have."""
    score = {row.name: row.scores[metric.key].value for row in rows}
    return reduce(lambda a, b: b if metric.better(score[b.name], score[a.name], target) else a, rows)


def _ranking(
    metric: AnyMetric, contestants: Sequence[Row], baselines: Sequence[Row], results: Results
) -> Markup:
    target = results.of_recordings(metric.key)
    winner = best(metric, contestants, target)
    score = winner.scores[metric.key].value
    reached = _score(metric, score, results)
    if len(contestants) > 1:
        what = "runs" if all(row.kind == "run" for row in contestants) else "systems"
        text = Markup("Of the {} {} with a {}, {} comes closest to the footage: {}").format(
            len(contestants), what, metric.title, _name(winner), reached
        )
    else:
        text = Markup("{} reaches a {} of {}").format(_name(winner), metric.title, reached)
    if baselines:
        lazy = best(metric, baselines, target)
        theirs = lazy.scores[metric.key].value
        if metric.better(score, theirs, target):
            text += f"; the baselines, which learn nothing, reach {_score(metric, theirs, results)} at best"
        else:
            text += Markup("; yet {}, which learns nothing, reaches {}").format(
                _name(lazy), _score(metric, theirs, results)
            )
    return text + "."


def _significance(metric: AnyMetric, first: Row, rest: Sequence[Row]) -> Markup:
    known = [row for row in rest if row.scores[metric.key].significant is not None]
    if not known:
        return Markup("The footage is too short to tell which differences are real.")
    real = [row for row in known if row.scores[metric.key].significant]
    chance = [row for row in known if not row.scores[metric.key].significant]
    parts = []
    if real:
        parts.append("is real for " + _listed(metric, real))
    if chance:
        parts.append("may be chance for " + _listed(metric, chance))
    return Markup(
        "Compared with {}, the difference {}; real means that its 95 % interval leaves out 0."
    ).format(_name(first), Markup(", and ").join(parts))


def _listed(metric: AnyMetric, rows: Sequence[Row]) -> Markup:
    """List rows, for example "a (+1.2 dB), b (−0.3 dB) and c (−0.4 dB)"."""
    listed = [
        _name(row) + f" ({_amount(metric, row.scores[metric.key].difference or 0.0, signed=True)})"
        for row in rows
    ]
    *most, last = listed
    return Markup(" and ").join([Markup(", ").join(most), last]) if most else last


def _name(row: Row) -> Markup:
    return Markup("<strong>{}</strong>").format(row.name)


def _score(metric: AnyMetric, value: float, results: Results) -> str:
    """Format a score, and a distance in pixels too."""
    pixels = f" ({value * results.size:.1f} pixels)" if metric.unit == "widths" else ""
    return _amount(metric, value) + pixels


def _amount(metric: AnyMetric, value: float, *, signed: bool = False) -> str:
    return f"{number(value, metric.decimals, signed=signed)} {metric.unit}".strip()
