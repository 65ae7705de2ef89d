"""What the three networks have in common."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from apvg_core.recipes import RECIPES
from apvg_core.stages.networks import build_network, initial_state
from apvg_core.stages.specs import stage_spec
from tests.conftest import FPS


@pytest.mark.parametrize("stage", ["khp", "cvg", "stu"])
def test_the_networks_are_initialised_so(stage: str) -> None:
    recipe = RECIPES["fast"]
    network = build_network(getattr(recipe, stage), FPS)
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d) and not name.endswith(
            ("to_rgb", "to_flow", "head", "assignment")
        ):
            fan_in = module.weight[0].numel()
            assert module.weight.std().item() == pytest.approx(np.sqrt(2 / fan_in), rel=0.15), name
            assert not module.bias.any()


def test_fast_costs_under_five_gigaflop_a_frame() -> None:
    recipe, size, frames = RECIPES["fast"], 256, 2
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for stage in recipe.stages:
            spec = stage_spec(recipe, stage, size, FPS)
            inputs = {array.name: torch.rand(array.shape(frames=frames)) for array in spec.inputs}
            build_network(getattr(recipe, stage), FPS)(inputs, initial_state(spec, inputs))
    assert counter.get_total_flops() / frames < 5e9
