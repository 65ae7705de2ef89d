"""Rows: pooled means, intervals and paired differences."""

import numpy as np
import pytest

from apvg_core.evaluation import rows
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.plan import PlannedRow
from apvg_core.evaluation.results import Score
from apvg_core.metrics import uncertainty

RUN = PlannedRow("run", "tiny", None)


def test_differences_pair_the_same_recordings_and_few_units_prove_nothing() -> None:
    def units(value: float) -> np.ndarray:
        return np.column_stack([value + np.arange(5) / 10, np.ones(5)])

    ours, theirs = {0: units(1.0), 1: units(5.0)}, {1: units(5.0), 2: units(9.0)}
    score = rows.score([ours], [theirs], RUN, RUN)
    assert score is not None
    assert (score.value, score.difference, score.significant) == (
        pytest.approx(3.2),
        None,
        None,
    )  # five units
    assert score.low is not None
    wide = {k: np.repeat(value, 2, axis=0) for k, value in ours.items()}
    other = {k: np.repeat(value, 2, axis=0) for k, value in theirs.items()}
    score = rows.score([wide], [other], RUN, RUN)
    assert score is not None
    assert (score.difference, score.significant) == (0, False)  # of recording 1 alone, which both have


def test_blocks_without_values_count_for_nothing() -> None:
    few, many = np.zeros((20, 2)), np.column_stack([np.arange(20) / 10, np.ones(20)])
    few[[3, 9]] = (0.9, 1), (1.0, 1)  # two events in twenty blocks
    alone = rows.score([{0: few}], [], RUN, RUN)
    assert alone == Score(pytest.approx(0.95))
    apart = rows.score([{0: many}], [{0: few}], RUN, RUN)
    assert apart is not None
    assert apart.low is not None
    assert (apart.difference, apart.significant) == (None, None)


def measured(*psnr: float) -> Measurements:
    units = np.stack([np.array(psnr), np.ones(len(psnr))], 1)
    return Measurements({"psnr": units, "jerk": np.zeros((1, 2))}, frames=len(psnr))


def test_a_row_by_hand() -> None:
    ours, first = [measured(1, 3), measured(5)], [measured(0, 0), measured(0)]
    planned, runs = PlannedRow("recording", None, None), PlannedRow("run", "tiny", None)
    row = rows.assemble_row(planned, ["a", "b"], [ours], runs, [first])
    assert (row.name, row.frames, row.scores) == ("the recordings", 3, {"psnr": Score(3.0)})
    assert row.recordings == {"a": {"psnr": 2.0}, "b": {"psnr": 5.0}}  # jerk has no values


def test_the_first_row_has_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncertainty, "LEAST_UNITS", 2)
    first = [measured(1, 3)]
    planned = PlannedRow("run", "tiny", None)
    scores = rows.assemble_row(planned, ["a"], [first], planned, [first]).scores
    assert scores["psnr"].difference is None
    other = PlannedRow("run", "tiny", None)
    scores = rows.assemble_row(other, ["a"], [[measured(2, 4)]], planned, [first]).scores
    assert scores["psnr"].difference == 1


def test_several_trainings_are_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncertainty, "LEAST_UNITS", 2)
    first, planned = PlannedRow("run", "tiny", None), PlannedRow("run", "tiny", None)
    seeds = [[measured(1, 3)], [measured(3, 5)]]
    row = rows.assemble_row(planned, ["a"], seeds, first, [[measured(2, 4)]])
    score = row.scores["psnr"]
    assert (row.seeds, row.frames, score.value, score.difference) == (2, 2, 3.0, 0.0)
    assert score.high - score.value == pytest.approx(4.303 * 2**0.5, rel=1e-3)  # see metrics/training_noise
    assert score.significant is False
    assert score.of_seeds == [2.0, 4.0]
    assert row.recordings == {"a": {"psnr": 3.0}}
