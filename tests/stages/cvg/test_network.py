"""Shapes, streaming and structure of CVG."""

from dataclasses import replace

import pytest
import torch

from apvg_core.errors import ConfigError
from apvg_core.recipes import TINY
from apvg_core.stages.cvg.hearing import freeze_hearing, hear_as
from apvg_core.stages.cvg.network import CVG, AudioGrid, Everywhere
from apvg_core.stages.cvg.spec import cvg_spec
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.khp.spec import khp_spec
from apvg_core.stages.networks import initial_state
from tests.conftest import FPS
from tests.stages.inputs import COARSE, SIZE, WINDOWS, B, T

State = tuple[torch.Tensor, ...]

assert TINY.cvg is not None
NOW = replace(TINY.cvg, lookahead_s=0.0)
"""A network that does not look ahead."""


def begin(network: CVG, previous: torch.Tensor) -> State:
    return initial_state(cvg_spec(network.config, SIZE, FPS), {"reference": previous}, batch=B)


def generate(
    network: CVG,
    windows: torch.Tensor,
    noise: torch.Tensor,
    reference: torch.Tensor,
    state: State,
    *forcing: torch.Tensor,
) -> tuple[torch.Tensor, State]:
    return network({"windows": windows, "noise": noise, "reference": reference}, state, *forcing)


def test_cvg_streams_and_sees_its_own_previous_frame() -> None:
    network = CVG(replace(NOW, reference=False, warp=False), FPS).eval()
    start, noise = COARSE[:, 0], torch.randn(B, TINY.cvg.noise)
    whole, _ = generate(network, WINDOWS, noise, start, begin(network, start))
    assert whole.shape == (B, T, 3, SIZE // 2, SIZE // 2)
    assert 0 <= whole.min() <= whole.max() <= 1
    first, state = generate(network, WINDOWS[:, :4], noise, start, begin(network, start))
    torch.testing.assert_close(state[0], first[:, -1])
    second, _ = generate(network, WINDOWS[:, 4:], noise, start, state)
    # 1.2e-5 apart on a CPU with AVX2 alone
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=0, atol=1e-4)
    otherwise, _ = generate(network, WINDOWS, noise, start, begin(network, 1 - start))
    assert not torch.allclose(otherwise[:, 0], whole[:, 0])


def test_cvg_starts_from_the_reference() -> None:
    network, reference = CVG(NOW, FPS), COARSE[:, 0]
    noise = torch.randn(B, TINY.cvg.noise)
    frames, _ = generate(network, WINDOWS, noise, reference, begin(network, COARSE[:, 1]))
    assert torch.equal(frames, reference[:, None].expand_as(frames))


def test_cvg_is_shown_real_frames_where_it_is_told_to() -> None:
    network = CVG(replace(NOW, reference=False, warp=False), FPS)
    start, noise, real = COARSE[:, 0], torch.zeros(B, TINY.cvg.noise), torch.rand_like(COARSE)
    nowhere, everywhere = torch.zeros(B, T, dtype=torch.bool), torch.ones(B, T, dtype=torch.bool)
    arguments = WINDOWS, noise, start, begin(network, start)
    own, _ = generate(network, *arguments)
    forced, _ = generate(network, *arguments, real, nowhere)
    assert torch.equal(own, forced)
    forced, _ = generate(network, *arguments, real, everywhere)
    assert torch.equal(forced[:, 0], own[:, 0])
    # Its third frame is what it makes after the real second one, whatever it made before.
    _, (_, hidden, cell) = generate(network, WINDOWS[:, :2], noise, start, begin(network, start))
    third, _ = generate(network, WINDOWS[:, 2:3], noise, start, (real[:, 1], hidden, cell))
    torch.testing.assert_close(forced[:, 2], third[:, 0])


def test_cvg_that_looks_ahead_is_late_and_streams() -> None:
    network = CVG(replace(TINY.cvg, reference=False, warp=False, lookahead_s=8 / FPS), FPS).eval()
    start, noise = COARSE[:, 0], torch.randn(B, TINY.cvg.noise)
    windows = torch.cat([WINDOWS, WINDOWS.flip(1), WINDOWS], 1)
    whole, _ = generate(network, windows, noise, start, begin(network, start))
    state, parts = begin(network, start), []
    for part in windows.split(5, 1):
        frames, state = generate(network, part, noise, start, state)
        parts.append(frames)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=0, atol=1e-4)
    other = windows.clone()
    other[:, 14] = 0.0
    changed, _ = generate(network, other, noise, start, begin(network, start))
    differs = (changed - whole).abs().amax((0, 2, 3, 4)) > 1e-6
    # what a late frame hears: itself, 8 frames ago, and what followed it
    assert not differs[:14].any()
    assert differs[14:].all()


def test_what_is_heard_only_is_remembered_and_not_painted() -> None:
    network = CVG(replace(NOW, reference=False, warp=False), FPS).eval()
    start, noise = COARSE[:, 0], torch.zeros(B, TINY.cvg.noise)
    inputs = {"windows": WINDOWS, "noise": noise, "reference": start}
    frames, _ = network(inputs, begin(network, start), heard_only=4)
    assert frames.shape[1] == T - 4
    alone, _ = network({**inputs, "windows": WINDOWS[:, 4:]}, begin(network, start))
    assert not torch.allclose(frames, alone)  # it has heard what came before


def test_a_grid_lets_sound_say_where_something_is() -> None:
    everywhere, like = torch.rand(1, 3), torch.zeros(1, 5, 8, 8)
    assert Everywhere()(everywhere, like).std((2, 3)).max() == 0
    grid = AudioGrid(3, 4)
    laid_out = grid(everywhere, like)
    assert laid_out.shape == (1, 3, 8, 8)
    assert laid_out.std((2, 3)).min() > 0


def test_cvg_hears_what_follows_and_answers_late() -> None:
    """A frame knows the sound up to the lookahead behind it, but no more; history is heard only."""
    history, ahead, painted, bang = 2, 8, 6, 13
    network = CVG(replace(TINY.cvg, reference=False, warp=False, lookahead_s=ahead / FPS), FPS)
    windows = torch.rand(B, history + painted + ahead, 84, 87) * 80 - 80
    otherwise = windows.clone()
    otherwise[:, bang] = 0
    start, noise = COARSE[:, 0], torch.zeros(B, TINY.cvg.noise)
    one, other = (
        network(
            {"windows": heard, "noise": noise, "reference": start},
            begin(network, start),
            heard_only=history + ahead,
        )[0]
        for heard in (windows, otherwise)
    )
    assert one.shape == (B, painted, 3, SIZE // 2, SIZE // 2)
    changed = [not torch.equal(a, b) for a, b in zip(one[0], other[0], strict=True)]
    assert changed == [history + t + ahead >= bang for t in range(painted)]


def test_cvg_moves_the_reference_along_its_flow() -> None:
    """By hand: a flow of one pixel to the right everywhere shows what lies a pixel to the right."""
    network, reference = CVG(replace(NOW, warp=True), FPS), COARSE[:, 0]
    assert network.image_decoder.to_flow is not None
    network.image_decoder.to_flow.bias.data = torch.tensor([1.0, 0.0])
    noise = torch.zeros(B, TINY.cvg.noise)
    frames, _ = generate(network, WINDOWS, noise, reference, begin(network, reference))
    moved = torch.cat([reference[..., 1:], reference[..., -1:]], -1)
    torch.testing.assert_close(frames, moved[:, None].expand_as(frames), rtol=0, atol=1e-5)


def test_without_a_reference_there_is_nothing_to_move() -> None:
    with pytest.raises(ConfigError, match="moves the reference frame: "):
        replace(TINY.cvg, reference=False)


@pytest.mark.parametrize("average_condition", [True, False])
def test_cvg_hears_as_khp(average_condition: bool) -> None:
    """Its LSTM has the very states of KHP's, and learns nothing further."""
    assert TINY.khp is not None
    config = replace(TINY.khp, average_condition=average_condition)
    khp, cvg, average = KHP(config, FPS).eval(), CVG(TINY.cvg, FPS), torch.rand(1, 60, 2)
    hear_as(cvg, khp, average)
    freeze_hearing(cvg)
    inputs = {"windows": WINDOWS, "average": average.expand(B, -1, -1)}
    _, (*_, hidden, cell) = khp(inputs, initial_state(khp_spec(config, FPS), inputs, batch=B))
    reference = COARSE[:, 0]
    coarse, (*_, cvg_hidden, cvg_cell) = generate(
        cvg, WINDOWS, torch.zeros(B, TINY.cvg.noise), reference, begin(cvg, reference)
    )
    torch.testing.assert_close((cvg_hidden, cvg_cell), (hidden, cell))
    coarse.square().sum().backward()
    heard = {name for name, weight in cvg.named_parameters() if weight.grad is None}
    assert {name.split(".")[0] for name in heard} == {"audio", "lookahead", "lstm"}
    assert not any(weight.requires_grad for part in (cvg.audio, cvg.lstm) for weight in part.parameters())
