"""The networks convert to OpenVINO, also with replaced layers, and give the same numbers in float32."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from apvg_core.config import RecipeConfig, Stage
from apvg_core.config_json import with_changes
from apvg_core.layers.dlt import gather, heatmap
from apvg_core.recipes import TABLE_3, TINY, get_recipe
from apvg_core.runtime.openvino import core, openvino
from apvg_core.runtime.openvino_layers import ChannelNorm, Merge, replace_layers
from apvg_core.runtime.tracing import InARow
from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.networks import build_network
from apvg_core.stages.specs import stage_spec
from apvg_core.stages.stu.cnn_gru import CNNGRU
from apvg_core.stages.stu.gcn import GCN
from apvg_core.stages.stu.network import STU
from tests.conftest import FPS

# OpenVINO 2026 still traces; it says what PyTorch says of that, and of shapes becoming constants.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")

SIZE, T = 64, 3


class Function(nn.Module):
    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


def check(network: nn.Module, *inputs: Tensor) -> None:
    network.eval()
    with torch.inference_mode():
        expected = network(*inputs)
    model = openvino.convert_model(network, example_input=inputs, input=[tuple(x.shape) for x in inputs])
    compiled = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results: Any = compiled([x.numpy() for x in inputs])
    outputs = (expected,) if isinstance(expected, Tensor) else expected
    assert len(compiled.outputs) == len(outputs)
    for index, output in enumerate(outputs):
        np.testing.assert_allclose(results[index], output.numpy(), atol=2e-4, rtol=1e-3)


def check_step(stage: Stage, recipe: RecipeConfig, network: nn.Module) -> None:
    """A network's step as it is, and with the layers that are replaced for OpenVINO."""
    spec = replace(stage_spec(recipe, stage, SIZE, FPS), images=False)
    row = tuple(torch.rand(array.shape(frames=T)) for array in (*spec.inputs, *spec.state))
    step = InARow(network, spec).eval()
    before = step(*row)
    check(step, *row)
    replace_layers(network)
    for ours, theirs in zip(step(*row), before, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    check(step, *row)


def kinds(network: nn.Module) -> Counter[type[nn.Module]]:
    return Counter(type(module) for module in network.modules())


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_dlt() -> None:
    keypoints = torch.rand(2, 60, 2) * 1.4 - 0.2  # some of them outside of the image
    check(Function(lambda k: heatmap(k, SIZE, SIZE)), keypoints)
    check(Function(gather), torch.randn(2, 8, 16, 16), keypoints)


def test_gcn() -> None:
    check(GCN(8, 16, 4), torch.randn(2, 60, 8))


def test_cnn_gru() -> None:
    check(CNNGRU(8), torch.randn(1, 8, 4, 4), torch.randn(1, 8, 4, 4))


def test_khp_step() -> None:
    check_step("khp", TINY, KHP(TINY.khp, FPS))


def test_cvg_step() -> None:
    network = CVG(TINY.cvg, FPS)
    check_step("cvg", TINY, network)
    assert kinds(network)[nn.ConvTranspose2d] == 4
    assert not kinds(network)[nn.Upsample]


@pytest.mark.slow
def test_a_cvg_that_looks_ahead() -> None:
    recipe = with_changes(TINY, {"khp.lookahead_s": 8 / FPS, "cvg.lookahead_s": 8 / FPS})
    check_step("cvg", recipe, CVG(recipe.cvg, FPS))


def test_stu_step() -> None:
    network = STU(TINY.stu)
    nn.init.normal_(network.unet.head.weight, std=0.1)
    before = kinds(network)
    check_step("stu", TINY, network)
    after = kinds(network)
    assert after[Merge] == after[nn.ConvTranspose2d] == len(network.unet.decoder)
    of_sound = kinds(network.unet.audio)[nn.GroupNorm]
    assert after[ChannelNorm] == before[nn.GroupNorm] - of_sound  # those of images


@pytest.mark.slow
def test_a_stu_whose_unet_sees_smaller_images() -> None:
    recipe = with_changes(TINY, {"stu.max_size": 32, "cvg.max_size": 16})
    network = STU(recipe.stu)
    nn.init.normal_(network.unet.head.weight, std=0.1)
    check_step("stu", recipe, network)


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE_3)
def test_a_baselines_step(name: str) -> None:
    recipe = get_recipe(f"tiny+{name}")
    check_step("stu", recipe, build_network(recipe.stu, FPS))
