"""Inputs of the networks, of two sequences of six frames."""

import torch

from apvg_core.layers.dlt import heatmaps
from apvg_core.units import CQT_FLOOR_DB

B, T, SIZE = 2, 6, 64
WINDOWS = torch.rand(B, T, 84, 87) * -CQT_FLOOR_DB + CQT_FLOOR_DB
KEYPOINTS = torch.rand(B, T, 60, 2)
MARKS = heatmaps(KEYPOINTS, SIZE, SIZE)
COARSE = torch.rand(B, T, 3, SIZE // 2, SIZE // 2)
STILLS = torch.rand(B, 6, SIZE, SIZE)
REFERENCE, PLATE = STILLS.split(3, 1)
MOVED = 0.2 * torch.rand(B, T, 60, 2) - 0.1
