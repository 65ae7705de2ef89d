"""A shard as one image."""

from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from apvg_core.data.shards import Shard
from apvg_core.drawing.sheet import draw_sheet, write_sheet
from apvg_core.errors import ShardError
from apvg_core.skeleton import JOINTS
from tests.conftest import write_shard


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    return write_shard(tmp_path, name="a", split="train", seconds=2, seed=0)


@pytest.mark.parametrize("grey", [255, 0])
def test_sticks_are_seen_on_any_background(shard: Path, grey: int) -> None:
    """On white as on black: white sticks have a black outline."""
    with h5py.File(shard, "r+") as file:
        spread = np.random.default_rng(0).uniform(0.1, 0.9, (1, 60, 2))
        file["keypoints"][:] = np.broadcast_to(spread, file["keypoints"].shape)
        file["confidence"][:] = 1
    tile = first_tile(shard, grey)
    assert (tile < 60).all(axis=2).any()
    assert (tile > 195).all(axis=2).any()


def test_imputed_joints_are_grey_dots_without_bones(shard: Path) -> None:
    ankle = JOINTS.index("right_ankle")
    with h5py.File(shard, "r+") as file:
        keypoints = file["keypoints"][:]
        keypoints[:, ankle] = (0.25, 0.75)  # far from all others
        file["keypoints"][:] = keypoints
        file["confidence"][:, ankle] = 0
    tile = first_tile(shard, 0)
    around = tile[184:200, 56:72]
    assert tile[191:193, 63:65].max() == 200
    assert (around.max(-1) == around.min(-1)).all()
    assert (around > 0).any(-1).sum() < 40  # a dot, and no bone that leads to it


def first_tile(shard: Path, grey: int) -> np.ndarray:
    """Draw the first frame (240, 256, 3), without its time, on a blank one."""
    with Shard(shard) as opened:
        blank = np.full((len(opened), 64, 64, 3), grey, np.uint8)
        opened.frames = lambda start, stop: blank[start:stop]
        return draw_sheet(opened)[26 : 26 + 240, :256]


def test_it_is_written_whole(shard: Path, tmp_path: Path) -> None:
    write_sheet(shard, tmp_path / "sheet.png")
    with Shard(shard) as opened:
        np.testing.assert_array_equal(cv2.imread(str(tmp_path / "sheet.png"))[..., ::-1], draw_sheet(opened))
    with pytest.raises(ShardError):
        write_sheet(tmp_path / "none.h5", tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
