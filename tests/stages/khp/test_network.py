"""Shapes, streaming and structure of KHP."""

from dataclasses import replace

import pytest
import torch

from apvg_core.recipes import TINY
from apvg_core.stages.khp.network import KHP
from apvg_core.stages.khp.spec import khp_spec
from apvg_core.stages.networks import initial_state
from tests.conftest import FPS
from tests.stages.inputs import WINDOWS, B, T


def predict(
    network: KHP,
    windows: torch.Tensor,
    average: torch.Tensor,
    state: tuple[torch.Tensor, ...] | None = None,
    kept: torch.Tensor | None = None,
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    inputs = {"windows": windows, "average": average}
    state = state or initial_state(khp_spec(network.config, FPS), inputs, batch=len(average))
    return network(inputs, state, kept)


def test_khp_streams() -> None:
    network = KHP(TINY.khp, FPS)
    average = torch.rand(B, 60, 2)
    whole, _ = predict(network, WINDOWS, average)
    assert whole.shape == (B, T, 60, 2)
    first, state = predict(network, WINDOWS[:, :4], average)
    second, _ = predict(network, WINDOWS[:, 4:], average, state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)


def test_khp_hears_what_follows_and_answers_late() -> None:
    """What comes out with frame t is about frame t - lookahead, and knows of all up to t, but no more."""
    network, late = KHP(replace(TINY.khp, lookahead_s=8 / FPS), FPS), 8
    windows, average = torch.rand(1, 20, 84, 87) * 80 - 80, torch.rand(1, 60, 2)
    otherwise = windows.clone()
    otherwise[:, 15] = 0  # a bang
    one, other = (predict(network, w, average)[0] for w in (windows, otherwise))
    changed = [not torch.equal(a, b) for a, b in zip(one[0, late:], other[0, late:], strict=True)]
    assert changed == [t >= 15 - late for t in range(20 - late)]


def test_khp_does_without_what_is_dropped() -> None:
    network, average = KHP(TINY.khp, FPS), torch.rand(B, 60, 2)

    def predicted(kept: float | None) -> torch.Tensor:
        dropped = None if kept is None else torch.full((B, TINY.khp.hidden), kept)
        return predict(network, WINDOWS, average, kept=dropped)[0]

    assert torch.equal(predicted(1), predicted(None))
    assert torch.equal(predicted(0), average[:, None].expand(-1, T, -1, -1))
    assert not torch.equal(predicted(1), predicted(0))


def test_khp_is_told_the_average_only_where_the_recipe_says_so() -> None:
    without = KHP(replace(TINY.khp, average_condition=False, residual=False), FPS)
    averages = torch.rand(B, 60, 2), torch.rand(B, 60, 2)
    one, other = (predict(without, WINDOWS, average)[0] for average in averages)
    assert torch.equal(one, other)
    told = KHP(replace(TINY.khp, residual=False), FPS)
    one, other = (predict(told, WINDOWS, average)[0] for average in averages)
    assert not torch.equal(one, other)


def test_places_are_not_rounded_under_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """They were up to half a pixel of 256 off: in bfloat16, places beyond the middle are 1/256 apart."""
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)  # its LSTM wants a CPU with bfloat16
    network, average = KHP(replace(TINY.khp, residual=False), FPS), torch.rand(B, 60, 2)
    exact, _ = predict(network, WINDOWS, average)
    with torch.autocast("cpu", torch.bfloat16):
        predicted, _ = predict(network, WINDOWS, average)
    assert predicted.dtype == torch.float32
    assert (predicted - exact).abs().max() * 256 < 0.1


def test_khp_starts_at_the_average_pose() -> None:
    network, average = KHP(TINY.khp, FPS), torch.rand(B, 60, 2)
    predicted, _ = predict(network, WINDOWS, average)
    assert (predicted - average[:, None]).abs().max() < 0.3
