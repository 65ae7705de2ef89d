"""Masking of bands and moments of overlapping windows."""

import pytest
import torch

from apvg_core.training.draws import sample_generators
from apvg_core.training.masking import masked

FPS, RATE = 25.0, 175.0
"""Seven columns a frame."""


def windows_of(cqt: torch.Tensor, frames: int, columns: int = 87) -> torch.Tensor:
    """Overlapping windows (1, t, bins, columns) of a CQT (bins, k)."""
    return torch.stack([cqt[:, 7 * t : 7 * t + columns] for t in range(frames)])[None]


def test_a_moment_is_masked_in_all_windows_that_hear_it() -> None:
    frames = 100
    cqt = torch.rand(84, 7 * frames + 87, generator=torch.Generator().manual_seed(0))
    windows = windows_of(cqt, frames)
    heard = masked(windows, 0.3, RATE, FPS, sample_generators(0, 3, torch.tensor([0])))
    kept = (heard == windows)[0]
    assert torch.equal(heard[0][~kept], windows.mean().expand(int((~kept).sum())))
    seen: dict[tuple[int, int], bool] = {}
    for t in range(frames):
        for column in range(87):
            moment = tuple(kept[t, :, column].tolist())
            assert seen.setdefault((7 * t + column, 0), moment) == moment
    share = float((~kept).float().mean())
    assert 0 < share < 0.3 + 0.3


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_no_band_is_wider_and_no_moment_longer_than_said(share: float) -> None:
    windows = windows_of(torch.rand(84, 7 * 50 + 87, generator=torch.Generator().manual_seed(1)), 50).repeat(
        40, 1, 1, 1
    )
    hidden = masked(windows, share, RATE, FPS, sample_generators(0, 1, torch.arange(40))) != windows
    bands = hidden.all(3).all(1).sum(1)
    assert bands.max() <= share * 84 + 1
    assert bands.float().mean() == pytest.approx(share * 84 / 2, rel=0.35)
    moments = hidden.all(2).sum((1, 2)) / 50
    assert 0 < moments.float().mean() < 87 * share


def test_what_is_masked_follows_from_the_generators_and_nothing_is_by_default_share() -> None:
    windows = torch.rand(2, 20, 84, 87)
    once, again, later = (
        masked(windows, 0.2, RATE, FPS, sample_generators(0, step, torch.arange(2))) for step in (1, 1, 2)
    )
    assert torch.equal(once, again)
    assert not torch.equal(once, later)
    assert torch.equal(masked(windows, 0.0, RATE, FPS, sample_generators(0, 1, torch.arange(2))), windows)
