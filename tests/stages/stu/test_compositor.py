"""A frame put together by hand: canvas, correction, reference and plate."""

import math
from dataclasses import replace

import pytest
import torch

from apvg_core.recipes import PAPER, TINY
from apvg_core.stages.stu.compositor import Compositor
from apvg_core.stages.stu.settings import STUConfig

SIZE = 4
HALF, OPEN = 0.0, math.inf  # logits of a mask that is half open, or all


def compose(config: STUConfig, maps: list[float], flow: float = 0.0) -> torch.Tensor:
    """One frame on a canvas of 0.2, with a reference frame of 0.6 and a plate of 0.9."""
    compositor = Compositor(config)
    channels = torch.tensor(maps).view(1, 1, -1, 1, 1).expand(-1, -1, -1, SIZE, SIZE)
    inputs = {
        name: torch.full(shape, value)
        for name, shape, value in [
            ("coarse", (1, 1, 3, SIZE, SIZE), 0.2),
            ("reference", (1, 3, SIZE, SIZE), 0.6),
            ("plate", (1, 3, SIZE, SIZE), 0.9),
        ]
    }
    return compositor(channels, flow, {**inputs, "coarse": compositor.canvas(inputs)})


def test_the_papers_is_the_coarse_frame_corrected() -> None:
    assert Compositor(PAPER.stu).maps == {"correction": 3}
    torch.testing.assert_close(compose(PAPER.stu, [0.1, 0.1, 0.1]), torch.full((1, 1, 3, SIZE, SIZE), 0.3))


def test_grey_where_there_is_no_coarse_frame() -> None:
    frame = compose(replace(PAPER.stu, coarse=False), [0.1, 0.1, 0.1])
    torch.testing.assert_close(frame, torch.full((1, 1, 3, SIZE, SIZE), 0.6))


@pytest.mark.parametrize(
    ("reference_mask", "plate_mask", "expected"),
    [
        (HALF, OPEN, 0.4 + 0.1),  # (0.2 + 0.6) / 2, nothing of the plate, corrected last
        (OPEN, HALF, 0.75 + 0.1),  # the reference, half before the plate: (0.6 + 0.9) / 2
        (OPEN, -math.inf, 0.9 + 0.1),  # the plate alone
    ],
)
def test_layers_by_hand(reference_mask: float, plate_mask: float, expected: float) -> None:
    config = replace(TINY.stu, reference=True, plate=True, warp=False)
    assert list(Compositor(config).maps) == ["correction", "reference_mask", "plate_mask"]
    frame = compose(config, [0.1, 0.1, 0.1, reference_mask, plate_mask])
    torch.testing.assert_close(frame, torch.full((1, 1, 3, SIZE, SIZE), expected))


def test_the_reference_moves_along_the_flow_of_both() -> None:
    config = replace(TINY.stu, reference=True, plate=False, warp=True)
    compositor = Compositor(config)
    reference = torch.arange(SIZE, dtype=torch.float32).expand(1, 3, SIZE, SIZE)
    maps = torch.tensor([0, 0, 0, OPEN, 1, 0]).view(1, 1, -1, 1, 1).expand(-1, -1, -1, SIZE, SIZE)
    inputs = {"coarse": torch.zeros(1, 1, 3, SIZE, SIZE), "reference": reference}
    frame = compositor(maps, torch.tensor([1.0, 0]).view(1, 1, 2, 1, 1), inputs)
    torch.testing.assert_close(
        frame[0, 0, 0, 0], torch.tensor([2.0, 3, 3, 3])
    )  # two to the right, to the border
