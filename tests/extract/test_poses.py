"""The file of a part: frames and poses of its own frames alone, written once."""

import cv2
import h5py
import numpy as np
import pytest

from apvg_core.config import ExtractConfig
from apvg_core.data.sources import find_recordings
from apvg_core.extract.poses import estimate_poses, part_path
from apvg_core.extract.survey import Survey
from apvg_core.extract.unit import Unit
from apvg_core.progress import silent


@pytest.fixture
def unit(folder):
    folder.film("cello/ann/a.mp4", seconds=2.0)
    (recording,) = find_recordings(folder.footage).recordings
    config = ExtractConfig(size=32, lossless=True, keypoints=str(folder.keypoints))
    return Unit(recording=recording, splits=("train",), out=folder.out, config=config, estimator="openpose")


def test_a_part_holds_its_frames_and_poses(unit):
    survey, part, calls = Survey(5.0, 10, 10, (8, 0, 32)), range(6, 9), []
    estimate_poses(unit, survey, part, progress=lambda *call: calls.append(call))
    path = part_path(unit, survey, part)
    assert path == unit.work / "8-0-32" / "00000006.h5"
    with h5py.File(path) as file:
        assert (file["keypoints"].shape, file["confidence"].shape) == ((3, 60, 2), (3, 60))
        nose = file["keypoints"][:, 0]
        images = [cv2.imdecode(np.asarray(data), cv2.IMREAD_COLOR) for data in file["frames"][:]]
    np.testing.assert_allclose(nose, [((20 + k - 8) / 32, 10 / 32) for k in part])  # as the files say
    assert [image.shape for image in images] == [(32, 32, 3)] * 3
    assert calls == [("extract cello/ann/a.mp4", done, 10) for done in (1, 2, 3)]


def test_a_part_that_is_there_is_not_done_again(unit):
    survey, part, calls = Survey(5.0, 10, 10, (0, 0, 64)), range(3), []
    estimate_poses(unit, survey, part, progress=silent)
    before = part_path(unit, survey, part).stat().st_mtime_ns
    estimate_poses(unit, survey, part, progress=lambda *call: calls.append(call))
    assert part_path(unit, survey, part).stat().st_mtime_ns == before
    assert calls == [("extract cello/ann/a.mp4", 3, 10)]
