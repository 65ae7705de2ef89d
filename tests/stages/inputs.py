"""Inputs of the networks, of two sequences of six frames."""

from collections.abc import Mapping

import torch

from apvg_core.layers.dlt import heatmaps
from apvg_core.stages.networks import initial_state
from apvg_core.stages.stu.settings import STUConfig
from apvg_core.stages.stu.spec import stu_spec
from apvg_core.units import CQT_FLOOR_DB

B, T, SIZE = 2, 6, 64
WINDOWS = torch.rand(B, T, 84, 87) * -CQT_FLOOR_DB + CQT_FLOOR_DB
KEYPOINTS = torch.rand(B, T, 60, 2)
MARKS = heatmaps(KEYPOINTS, SIZE, SIZE)
COARSE = torch.rand(B, T, 3, SIZE // 2, SIZE // 2)
STILLS = torch.rand(B, 6, SIZE, SIZE)
REFERENCE, PLATE = STILLS.split(3, 1)
MOVED = 0.2 * torch.rand(B, T, 60, 2) - 0.1

INPUTS = {
    "coarse": COARSE, "heatmap": MARKS, "keypoints": KEYPOINTS, "displacements": MOVED, "windows": WINDOWS,
    "reference": REFERENCE, "plate": PLATE,
}  # fmt: skip


def some(inputs: Mapping[str, torch.Tensor], frames: slice) -> dict[str, torch.Tensor]:
    """Some frames of the inputs."""
    return {name: x if name in ("reference", "plate") else x[:, frames] for name, x in inputs.items()}


def fused(config: STUConfig) -> tuple[torch.Tensor]:
    """The STU's state before the first frame."""
    return initial_state(stu_spec(config, size=SIZE, coarse_size=SIZE // 2), {}, batch=B)
