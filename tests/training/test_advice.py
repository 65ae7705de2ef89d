"""When more film would help more than more training."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apvg_core.training.advice import advise, more_film_would_help
from apvg_core.training.logbook import Curves, Logbook
from apvg_core.training.options import TrainOptions
from apvg_core.training.setup import prepare

OVERFITTED = Curves((9, 7, 5, 4, 3, 2), (9, 7, 6, 5.9, 6, 6.5))


@pytest.mark.parametrize(
    ("training", "held_out", "helps"),
    [
        (OVERFITTED.training, OVERFITTED.held_out, True),
        ((9, 7, 5, 4, 3, 2), (9, 8, 7, 6, 5.5, 5), False),  # more training does
        ((9, 7, 6, 6, 6, 6), (9, 8, 6.5, 7, 6.5, 6.6), False),  # has learned all it can: a larger network
        ((4, 3, 3, 3, 3, 3), (9, 8, 6.5, 7, 6.5, 6.6), True),  # stands still, far below
        ((9, 7, 6, 5, 4, 3, 3, 2), (9, 8, 7, 6, 5, 5.1, 5.2, 4.9), False),  # better once more
        ((9, 5, 4, 3, 2), (9, 5, 6, 7, 8), False),  # too few to tell
    ],
)
def test_by_the_last_third_of_the_validations(
    training: tuple[float, ...], held_out: tuple[float, ...], helps: bool
) -> None:
    assert more_film_would_help(Curves(training, held_out)) is helps


def test_a_training_that_lost_patience_has_waited_long_enough() -> None:
    held_out = [9.0, 8, 7, 6, 5, 4, 3, 2, 2.1, 2.1]  # not better for two of ten
    curves = Curves(tuple(np.linspace(9, 1, 10)), tuple(held_out))
    assert not more_film_would_help(curves)
    assert more_film_would_help(curves, patience=2)
    assert not more_film_would_help(curves, patience=5)


def test_curves_are_of_what_both_measure(tmp_path: Path) -> None:
    lines = [
        {"step": 9, "pixel": 4.0, "adversarial": 1.0},
        {"step": 19, "pixel": 2.0, "adversarial": 1.0},
        {"step": 19, "held_out": {"told": 0.5, "pixel": 5.0, "squared": 7.0}},
        {"step": 19, "dead_features": {"network": 0.1}},
        {"step": 29, "pixel": 1.5, "adversarial": 1.0},
        {"step": 29, "held_out": {"told": 0.6, "pixel": 4.5, "squared": 7.0}},
    ]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    logbook = Logbook(tmp_path, 30)
    assert logbook.curves() == Curves((3.0, 1.5), (5.0, 4.5))
    logbook.close()
    logbook = Logbook(tmp_path, 0)
    assert logbook.curves() == Curves((), ())
    logbook.close()


def test_it_is_said_where_anything_is_held_out(
    shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    setup = prepare(shards, tmp_path / "run", "khp", TrainOptions(recipe="tiny"))
    assert setup is not None
    with caplog.at_level(logging.INFO):
        advise(replace(setup, held_out=setup.entries), OVERFITTED)
        assert "More film" not in caplog.text
        advise(setup, OVERFITTED)
    assert "More film would help khp more than more training" in caplog.text
