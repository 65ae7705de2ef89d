"""The networks convert to OpenVINO, also with exchanged layers, and give the same numbers in float32."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from apvg_core.layers.dlt import gather, heatmap, heatmaps
from apvg_core.recipes import TABLE_3, TINY
from apvg_core.runtime.conversion import InARow
from apvg_core.runtime.openvino import core, openvino
from apvg_core.runtime.openvino_layers import ChannelNorm, Merge, exchange
from apvg_core.stages.cvg.network import CVG
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.stu.baselines import build_rival
from apvg_core.stages.stu.baselines.baseline import Rival
from apvg_core.stages.stu.cnn_gru import CNNGRU
from apvg_core.stages.stu.gcn import GCN
from apvg_core.stages.stu.network import STU

# OpenVINO 2026 still traces; it says what PyTorch says of that, and of shapes becoming constants.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")

SIZE, T = 64, 3


class Function(nn.Module):
    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class Unrolled(nn.Module):
    """A rival's step without the inputs that it does not look at."""

    def __init__(self, rival: Rival) -> None:
        super().__init__()
        self.rival = rival

    def forward(self, poses: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        frames, _, state = self.rival.unroll(poses, state)
        return frames, state


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


def check_step(network: nn.Module, present: int, *inputs: Tensor) -> None:
    """A network as it is, and with the layers that are exchanged for OpenVINO."""
    step = InARow(network, [True] * present).eval()
    before = step(*inputs)
    check(step, *inputs)
    exchange(network)
    for ours, theirs in zip(step(*inputs), before, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    check(step, *inputs)


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


def windows() -> Tensor:
    return torch.rand(1, T, 84, 87) * 80 - 80


def test_khp_step() -> None:
    network = KHP(TINY.khp)
    state = [torch.randn_like(part) for part in network.initial_state(1)]
    check_step(network, 2, windows(), torch.rand(1, 60, 2), *state)


def test_cvg_step() -> None:
    network, start = CVG(TINY.cvg), torch.rand(1, 3, SIZE // 2, SIZE // 2)
    frame, hidden, cell = network.initial_state(start)
    noise = torch.randn(1, TINY.cvg.noise)
    state = frame, torch.randn_like(hidden), torch.randn_like(cell)
    check_step(network, 3, windows(), noise, start, *state)
    assert kinds(network)[nn.ConvTranspose2d] == 4
    assert not kinds(network)[nn.Upsample]


def test_stu_step() -> None:
    network = STU(TINY.stu)
    nn.init.normal_(network.paint.weight, std=0.1)
    coarse, stills = torch.rand(1, T, 3, SIZE // 2, SIZE // 2), torch.rand(1, 6, SIZE, SIZE)
    (hidden,) = network.initial_state(1, SIZE)
    keypoints = torch.rand(1, T, 60, 2)
    marks = heatmaps(keypoints, SIZE, SIZE)
    moved = 0.1 * torch.rand(1, T, 60, 2)
    inputs = coarse, marks, keypoints, moved, windows(), stills, torch.randn_like(hidden)
    before = kinds(network)
    check_step(network, 6, *inputs)
    after = kinds(network)
    assert after[Merge] == after[nn.ConvTranspose2d] == len(network.decoder)
    assert after[ChannelNorm] == before[nn.GroupNorm] - len(TINY.stu.audio.channels)  # those of images


@pytest.mark.parametrize("name", TABLE_3)
def test_a_rivals_step(name: str) -> None:
    network = build_rival(TABLE_3[name]["tiny"])
    state = [torch.rand_like(part) for part in network.initial_state(1, SIZE)]
    poses = torch.rand(1, T, 1, SIZE, SIZE)
    check_step(Unrolled(network), 1, poses, *state)
