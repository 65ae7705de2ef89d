"""What the three networks have in common."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from apvg_core.recipes import RECIPES
from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.stu.network import STU
from tests.stages.inputs import KEYPOINTS, MOVED, WINDOWS


@pytest.mark.parametrize("stage", ["khp", "cvg", "stu"])
def test_the_networks_are_initialised_so(stage: str) -> None:
    recipe = RECIPES["fast"]
    network = {"khp": KHP, "cvg": CVG, "stu": STU}[stage](getattr(recipe, stage))
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d) and not name.endswith(("paint", "belonging")):
            fan_in = module.weight[0].numel()
            assert module.weight.std().item() == pytest.approx(np.sqrt(2 / fan_in), rel=0.15), name
            assert not module.bias.any()


def test_fast_costs_under_five_gigaflop_a_frame() -> None:
    recipe, size, frames = RECIPES["fast"], 256, 2
    assert recipe.khp is not None
    assert recipe.cvg is not None
    khp, cvg, stu = KHP(recipe.khp), CVG(recipe.cvg), STU(recipe.stu)
    windows, coarse = WINDOWS[:1, :frames], torch.rand(1, frames, 3, size // 4, size // 4)
    stills = torch.rand(1, 6, size, size)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        khp(windows, KEYPOINTS[:1, 0], khp.initial_state(1))
        cvg(windows, torch.zeros(1, recipe.cvg.noise), coarse[:, 0], cvg.initial_state(coarse[:, 0]))
        marks = torch.rand(1, frames, 1, size, size)
        keypoints, moved = KEYPOINTS[:1, :frames], MOVED[:1, :frames]
        stu(coarse, marks, keypoints, moved, windows, stills, stu.initial_state(1, size))
    assert counter.get_total_flops() / frames < 5e9
