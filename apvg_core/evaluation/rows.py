"""Rows of the results, assembled from what was measured of each recording."""

from collections.abc import Mapping, Sequence

import numpy as np

from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.plan import PlannedRow
from apvg_core.evaluation.predictors import RunPredictor
from apvg_core.evaluation.results import Row, Score, Training
from apvg_core.metrics.registry import METRICS
from apvg_core.metrics.training_noise import difference_of_seeds, interval_of_seeds, pooled_means
from apvg_core.metrics.uncertainty import Units, difference, enough_units, interval, pooled, units
from apvg_core.run.info import chosen_stages, read_run


def assemble_row(
    planned: PlannedRow,
    recordings: Sequence[str],
    measured: Sequence[Sequence[Measurements]],
    first: PlannedRow,
    first_measured: Sequence[Sequence[Measurements]],
) -> Row:
    """Return a row of the results.

    Args:
        planned: The row.
        recordings: Their ids.
        measured: Measurements of each recording, of each training.
        first: The row from which differences are taken; it may be this one.
        first_measured: That row's.
    """
    scores = {}
    for key in METRICS:
        ours = _units_of(key, measured)
        theirs = _units_of(key, first_measured) if planned is not first else []
        if result := score(ours, theirs, planned, first):
            scores[key] = result
    means = {name: _means(each) for name, *each in zip(recordings, *measured, strict=True)}
    frames = sum(each.frames for each in measured[0])
    training, seeds = _training(planned), len(measured)
    return Row(
        planned.name, planned.kind, planned.recipe, frames, scores, means, training, planned.changes, seeds
    )


def _units_of(key: str, measured: Sequence[Sequence[Measurements]]) -> list[dict[int, Units]]:
    """Return a metric's (sum, count) of each block of each recording that has a value, of each training."""
    return [{k: each.units[key] for k, each in enumerate(of_one) if key in each.units} for of_one in measured]


def score(
    ours: Sequence[Mapping[int, Units]],
    theirs: Sequence[Mapping[int, Units]],
    planned: PlannedRow,
    first: PlannedRow,
) -> Score | None:
    """Return a metric's mean, and its difference from the first row's over the recordings that both have.

    Of several trainings it is the mean over them, with their noise in the interval and the star.

    Args:
        ours: (sum, count) of each block of each recording that has a value, of each training.
        theirs: The first row's; empty in the first row.
        planned: Our row.
        first: The first row.

    Returns:
        None where a training has no values.
    """
    if (own := _stacked(ours)) is None:
        return None
    means = pooled_means(own)
    around = None
    if enough_units(own):
        around = interval_of_seeds(own) if len(own) > 1 else interval(own[0])
    apart = None
    both = _stacked([*ours, *theirs]) if theirs else None
    if both is not None and enough_units(both):
        apart = difference(*both) if len(both) == 2 else difference_of_seeds(
            both[: len(ours)], both[len(ours) :], same_trainings=planned.trainings == first.trainings,
            ours_trained=_learns(planned), theirs_trained=_learns(first),
        )  # fmt: skip
    return Score(
        float(means.mean()),
        low=around.low if around else None,
        high=around.high if around else None,
        difference=apart.value if apart else None,
        significant=apart.significant if apart else None,
        of_seeds=means.tolist() if len(means) > 1 else [],
    )


def _learns(planned: PlannedRow) -> bool:
    return planned.kind not in ("baseline", "recording")


def _stacked(trainings: Sequence[Mapping[int, Units]]) -> Units | None:
    """Return the units of the recordings that all trainings have values of [shape=(trainings, units, 2)].

    Units that are empty in all of them are left out. None where one has no values.
    """
    common = sorted(set.intersection(*(set(each) for each in trainings)))
    if not common:
        return None
    stacked = np.stack([units([each[k] for k in common]) for each in trainings])
    stacked = stacked[:, (stacked[..., 1] > 0).any(axis=0)]
    return stacked if (stacked[..., 1].sum(axis=1) > 0).all() else None


def _training(planned: PlannedRow) -> Training | None:
    """Facts about the training of a run."""
    if planned.kind != "run" or not isinstance(planned.predictor, RunPredictor):
        return None
    info = read_run(planned.predictor.folder)
    return Training(
        {stage: facts.get("steps") for stage, facts in info.stages.items()},
        len(info.learned_shards() or info.data),
        [*chosen_stages(info)],
    )


def _means(measured: Sequence[Measurements]) -> dict[str, float]:
    """Return the means of one recording, over its trainings."""
    means = {key: [pooled(each.units[key]) for each in measured if key in each.units] for key in METRICS}
    return {
        key: float(np.mean(values)) for key, of_each in means.items()
        if (values := [value for value in of_each if value is not None])
    }  # fmt: skip
