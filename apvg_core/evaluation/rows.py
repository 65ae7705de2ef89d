"""Rows of the results, assembled from what was measured of each recording."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.plan import PlannedRow
from apvg_core.evaluation.predictors import RunPredictor
from apvg_core.evaluation.results import Row, Score, Training
from apvg_core.metrics.registry import METRICS
from apvg_core.metrics.uncertainty import Units, difference, interval, pooled, units
from apvg_core.run.info import chosen_stages, read_run

LEAST_UNITS: Final = 8
"""Of fewer recordings or blocks of time intervals come out far too narrow, so none is given."""


def assemble_row(
    planned: PlannedRow,
    recordings: Sequence[str],
    measured: Sequence[Measurements],
    first: Sequence[Measurements],
) -> Row:
    """Return a row of the results.

    Args:
        planned: The row.
        recordings: Their ids.
        measured: Measurements of each recording.
        first: Those of the row from which differences are taken; the same object where the row is the first.
    """
    scores = {}
    for key in METRICS:
        ours = {k: each.units[key] for k, each in enumerate(measured) if key in each.units}
        theirs = {k: each.units[key] for k, each in enumerate(first) if key in each.units}
        if result := score(ours, theirs if measured is not first else {}):
            scores[key] = result
    means = {name: _means(each) for name, each in zip(recordings, measured, strict=True)}
    frames = sum(each.frames for each in measured)
    return Row(
        planned.name, planned.kind, planned.recipe, frames, scores, means, _training(planned), planned.changes
    )


def score(ours: Mapping[int, Units], theirs: Mapping[int, Units]) -> Score | None:
    """Return a metric's mean, and its difference from the first row's over the recordings that both have.

    Args:
        ours: (sum, count) of each block of time [shape=(blocks, 2)] of each recording that has a value.
        theirs: The first row's.

    Returns:
        None where there are no values.
    """
    if not ours or (value := pooled(np.concatenate(list(ours.values())))) is None:
        return None
    rows = units(list(ours.values()))
    around = interval(rows) if len(rows) >= LEAST_UNITS else None
    both = [k for k in ours if k in theirs]
    apart = None
    if both:
        pair = units([ours[k] for k in both]), units([theirs[k] for k in both])
        apart = difference(*pair) if len(pair[0]) >= LEAST_UNITS else None
    return Score(
        value,
        low=around.low if around else None,
        high=around.high if around else None,
        difference=apart.value if apart else None,
        significant=apart.significant if apart else None,
    )


def _training(planned: PlannedRow) -> Training | None:
    """Facts about the training of a run."""
    if planned.kind != "run" or not isinstance(planned.predictor, RunPredictor):
        return None
    info = read_run(planned.predictor.folder)
    return Training(
        {stage: facts.get("steps") for stage, facts in info.stages.items()},
        len(info.data),
        [*chosen_stages(info)],
    )


def _means(measured: Measurements) -> dict[str, float]:
    means = {key: pooled(measured.units[key]) for key in METRICS if key in measured.units}
    return {key: mean for key, mean in means.items() if mean is not None}
