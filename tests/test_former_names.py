"""Files of earlier versions still load."""

from dataclasses import asdict, replace

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from apvg_core.former_names import (
    WEIGHTS,
    lookahead_in_seconds,
    rename_weights,
    renamed,
    renamed_facts,
    renamed_settings,
)
from apvg_core.recipes import TINY, get_recipe
from apvg_core.run.info import RunInfo
from apvg_core.stages.networks import build_network
from apvg_core.stages.settings import TrainingConfig, lookahead_frames
from tests.conftest import FPS
from tests.test_hostile_runs import INFO

NETWORKS = {
    "KHP": lambda: build_network(get_recipe("fast").khp, FPS),
    "CVG": lambda: build_network(TINY.cvg, FPS),
    "STU": lambda: build_network(TINY.stu, FPS),
    "Vid2Vid": lambda: build_network(get_recipe("tiny+vid2vid").stu, FPS),
}


def formerly(names: list[str], kind: str, prefix: str = "") -> dict[str, str]:
    """Today's names by their former ones."""
    back = {after: before for before, after in WEIGHTS[kind].items()}
    found = {}
    for name in names:
        after = next((a for a in back if name.startswith(prefix + a)), None)
        found[name.replace(after, back[after], 1) if after else name] = name
    return found


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_by_their_former_names(kind: str) -> None:
    network: nn.Module = NETWORKS[kind]()
    names = list(network.state_dict())
    former = formerly(names, kind)
    assert len(former) == len(names)
    assert set(former) != set(names)
    assert rename_weights(former, network) == {name: name for name in names}
    assert rename_weights({name: name for name in names}, network) == {name: name for name in names}


def test_the_moving_average_of_a_network() -> None:
    average = AveragedModel(build_network(TINY.stu, FPS))
    former = formerly(list(average.state_dict()), "STU", "module.")
    assert "module.paint.weight" in former
    assert set(rename_weights(former, average)) == set(average.state_dict())


def test_fields() -> None:
    assert renamed({"pictures": 1, "fps": 2}, {"has_images", "fps"}) == {"has_images": 1, "fps": 2}
    assert renamed({"pictures": 1}, {"pictures"}) == {"pictures": 1}


def test_a_network_without_former_names() -> None:
    assert rename_weights({"weight": torch.ones(1)}, nn.Linear(1, 1)) == {"weight": torch.ones(1)}


def test_a_training_that_was_examined_is_validated() -> None:
    document = {"steps": 1, "batch": 1, "sequence": 1, "examine_every": 7}
    assert TrainingConfig.from_json(document).validate_every == 7


def test_the_mean_baseline_of_an_old_run() -> None:
    document = {**asdict(INFO), "stages": {"khp": {"steps": 3, "held_out": {"loss": 1.0, "deaf": 2.0}}}}
    info = RunInfo.from_json(document)
    assert info.stages["khp"] == {"steps": 3, "held_out": {"loss": 1.0, "mean_baseline": 2.0}}


def test_a_lookahead_was_in_frames() -> None:
    """48 frames are the same 48 at the run's rate."""
    document = asdict(replace(INFO, fps=30.0))
    del document["recipe"]["khp"]["lookahead_s"]
    document["recipe"]["khp"]["lookahead"] = 48
    document["recipe"]["cvg"]["hears_as_khp"] = False
    info = RunInfo.from_json(document)
    assert info.recipe.khp.lookahead_s == 1.6
    assert lookahead_frames(1.6, 30.0) == 48


def test_every_lookahead_there_was_is_as_many_frames_in_seconds() -> None:
    for fps in (10, 23.976, 25, 29.97, 59.94, 240.0):
        for frames in range(0, 257, 8):
            settings = lookahead_in_seconds({"lookahead": frames}, fps)
            assert lookahead_frames(settings["lookahead_s"], fps) == frames


def test_a_lookahead_that_cannot_be_is_left_to_the_checks() -> None:
    for frames, fps in (("8", 25), (-8, 25), (10**400, 25), (8, 0), (8, None), (8, float("nan"))):
        assert lookahead_in_seconds({"lookahead": frames}, fps) == {"lookahead": frames}
    assert lookahead_in_seconds([], 25) == []
    assert renamed_settings("tiny", 25) == "tiny"


def test_facts_that_cannot_be_are_left_to_the_checks() -> None:
    for facts in (None, [], {"held_out": 3}):
        assert renamed_facts(facts) == facts
