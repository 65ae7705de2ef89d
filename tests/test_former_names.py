"""Files of earlier versions still load."""

from dataclasses import asdict

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from apvg_core.former_names import WEIGHTS, rename_weights, renamed, renamed_facts
from apvg_core.recipes import TINY, get_recipe
from apvg_core.run.info import RunInfo
from apvg_core.stages.networks import build_network
from apvg_core.stages.settings import TrainingConfig
from apvg_core.stages.stu.discriminator import Discriminator
from tests.conftest import FPS
from tests.test_hostile_runs import INFO

NETWORKS = {
    "KHP": lambda: build_network(get_recipe("fast").khp, FPS),
    "CVG": lambda: build_network(TINY.cvg, FPS),
    "STU": lambda: build_network(TINY.stu, FPS),
    "Discriminator": lambda: Discriminator(TINY.stu.discriminator),
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


def test_facts_that_cannot_be_are_left_to_the_checks() -> None:
    for facts in (None, [], {"held_out": 3}):
        assert renamed_facts(facts) == facts
