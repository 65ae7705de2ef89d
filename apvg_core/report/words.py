"""The results in two sentences."""

from collections.abc import Sequence
from functools import reduce

from apvg_core.evaluation.results import Results, Row
from apvg_core.metrics.metric import AnyMetric
from apvg_core.metrics.registry import METRICS
from apvg_core.report.html import Html, element, joined
from apvg_core.report.material import CONTESTANTS


def summary(results: Results) -> list[Html]:
    """Which run is best, and which differences are real, by the first metric that the first row has."""
    first = results.rows[0]
    metric = next((metric for key, metric in METRICS.items() if key in first.scores), None)
    if metric is None:
        return [joined([_named(first), " made nothing that could be measured."])]
    scored = [row for row in results.rows if metric.key in row.scores]
    contestants = [row for row in scored if row.kind in CONTESTANTS]
    baselines = [row for row in scored if row.kind == "baseline"]
    rest = [row for row in [*contestants, *baselines] if row is not first]
    return [_who_is_best(metric, contestants, baselines, results), _what_is_real(metric, first, rest)]


def best(metric: AnyMetric, rows: Sequence[Row], target: float | None) -> Row:
    """The row whose score is best, the first of equals; `target` is what the recordings have."""
    score = {row.name: row.scores[metric.key].value for row in rows}
    return reduce(lambda a, b: b if metric.better(score[b.name], score[a.name], target) else a, rows)


def _who_is_best(
    metric: AnyMetric, contestants: Sequence[Row], baselines: Sequence[Row], results: Results
) -> Html:
    target = results.of_recordings(metric.key)
    winner = best(metric, contestants, target)
    score = winner.scores[metric.key].value
    if len(contestants) > 1:
        what = "runs" if all(row.kind == "run" for row in contestants) else "systems"
        said = [f"Of the {len(contestants)} {what} with a {metric.title}, ", _named(winner)]
        said.append(f" comes closest to the footage: {_reached(metric, score, results)}")
    else:
        said = [_named(winner), f" reaches a {metric.title} of {_reached(metric, score, results)}"]
    if baselines:
        lazy = best(metric, baselines, target)
        theirs = lazy.scores[metric.key].value
        if metric.better(score, theirs, target):
            said.append(
                f"; the baselines, which learn nothing, reach {_reached(metric, theirs, results)} at best"
            )
        else:
            said += [
                "; yet ",
                _named(lazy),
                f", which learns nothing, reaches {_reached(metric, theirs, results)}",
            ]
    return joined([*said, "."])


def _what_is_real(metric: AnyMetric, first: Row, rest: Sequence[Row]) -> Html:
    known = [row for row in rest if row.scores[metric.key].significant is not None]
    if not known:
        return joined(["The footage is too short to tell which differences are real."])
    real = [row for row in known if row.scores[metric.key].significant]
    chance = [row for row in known if not row.scores[metric.key].significant]
    parts: list[str] = []
    if real:
        parts += ["is real for ", *_listed(metric, real)]
    if real and chance:
        parts.append(", and ")
    if chance:
        parts += ["may be chance for ", *_listed(metric, chance)]
    rule = "; real means that its 95 % interval leaves out 0."
    return joined(["Compared with ", _named(first), ", the difference ", *parts, rule])


def _listed(metric: AnyMetric, rows: Sequence[Row]) -> list[str]:
    """For example "a (+1.2 dB), b (−0.3 dB) and c (−0.4 dB)"."""
    said: list[str] = []
    for k, row in enumerate(rows):
        if k:
            said.append(" and " if k == len(rows) - 1 else ", ")
        said += [_named(row), f" ({_amount(metric, row.scores[metric.key].difference or 0.0, signed=True)})"]
    return said


def _named(row: Row) -> Html:
    return element("strong", row.name)


def _reached(metric: AnyMetric, value: float, results: Results) -> str:
    """A score, and a distance in pixels too."""
    pixels = f" ({value * results.size:.1f} pixels)" if metric.unit == "edges" else ""
    return _amount(metric, value) + pixels


def _amount(metric: AnyMetric, value: float, *, signed: bool = False) -> str:
    number = f"{value:{'+' if signed else ''}.{metric.decimals}f}".replace("-", "−")
    return f"{number} {metric.unit}".strip()
