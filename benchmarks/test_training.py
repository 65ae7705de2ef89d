"""What a training step costs, part by part, and what a frame costs beside the rivals' generators.

Recipe `fast` at 256 x 256 on frames of a virtual performer; the rivals at the sizes of their papers.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from apvg_core.config import STAGES, Stage
from apvg_core.data.manifest import write_manifest
from apvg_core.data.shards import ShardInfo, ShardWriter
from apvg_core.generation.runtime import BUILDERS, place
from apvg_core.media.pictures import read_frames
from apvg_core.recipes import FAST, get_recipe
from apvg_core.run import read_run
from apvg_core.training.stages import train_all
from apvg_core.training.task import TrainOptions
from apvg_core.units import CQT_BINS, COLUMN_SECONDS, SAMPLE_RATE

SIZE, FPS, FRAMES, STEPS = 256, 25.0, 250, 12
FILM = Path(__file__).parents[1] / "examples/recordings/trombone/p8/trombone_p8_s77_00.mp4"
