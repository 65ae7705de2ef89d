"""Lines that begin in the hands."""

import pytest
import torch

from apvg_core.layers.blocks import kaiming_init
from apvg_core.skeleton import RIGHT_HAND
from apvg_core.stages.stu.pose_lines import PoseLines


def test_lines_lead_from_the_hands() -> None:
    """By hand: the right one leads 0.4 to the right and 0.3 down to the nose, before anything is learned."""
    lines = PoseLines()
    kaiming_init(lines)
    lines.reset()
    keypoints = torch.rand(1, 60, 2)
    keypoints[:, RIGHT_HAND], keypoints[:, 0] = torch.tensor([0.1, 0.2]), torch.tensor([0.5, 0.5])
    maps = _second_line(lines.maps(keypoints, 2, 2))
    # Places at 0.25 and 0.75; (0.4, 0.3) / 0.5 is along it, (-0.3, 0.4) / 0.5 beside.
    along = torch.tensor([[0.8 * 0.15 + 0.6 * 0.05, 0.8 * 0.65 + 0.6 * 0.05], [0.45, 0.85]])
    beside = torch.tensor([[-0.6 * 0.15 + 0.8 * 0.05, -0.6 * 0.65 + 0.8 * 0.05], [0.35, 0.05]])
    torch.testing.assert_close(maps[0], along, rtol=0, atol=1e-4)
    torch.testing.assert_close(maps[1], beside, rtol=0, atol=1e-4)
    torch.testing.assert_close(maps[3], torch.exp(-0.5 * (beside / 0.05) ** 2), rtol=0, atol=1e-3)

    with torch.no_grad():
        lines.shift[-1].bias[2:4] = torch.tensor([0.0, 0.1])  # its hand is 0.1 further down
    shifted = _second_line(lines.maps(keypoints, 2, 2))
    way = torch.tensor([0.4, 0.2]) / 0.2**0.5
    assert shifted[0, 0, 0].item() == pytest.approx(float(way @ torch.tensor([0.15, -0.05])), abs=1e-4)


def _second_line(maps_nhwc: torch.Tensor) -> torch.Tensor:
    """Its four maps (4, height, width)."""
    return maps_nhwc[0].unflatten(2, (4, 8))[:, :, :, 1].permute(2, 0, 1)
