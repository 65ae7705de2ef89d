"""Files of earlier versions, read by today's names."""

from dataclasses import asdict

from apvg_core.config import TrainingConfig
from apvg_core.former_names import renamed_facts
from apvg_core.run import RunInfo
from tests.test_hostile_runs import INFO


def test_a_training_that_was_examined_is_validated() -> None:
    document = {"steps": 1, "batch": 1, "sequence": 1, "examine_every": 7}
    assert TrainingConfig.from_json(document).validate_every == 7


def test_the_mean_baseline_of_an_old_run() -> None:
    document = {**asdict(INFO), "stages": {"khp": {"steps": 3, "held_out": {"loss": 1.0, "deaf": 2.0}}}}
    info = RunInfo.from_json(document)
    assert info.stages["khp"] == {"steps": 3, "held_out": {"loss": 1.0, "mean_baseline": 2.0}}


def test_facts_that_cannot_be_are_left_to_the_checks() -> None:
    for facts in (None, [], {"held_out": 3}):
        assert renamed_facts(facts) == facts
