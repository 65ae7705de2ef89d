"""Frames and poses of one part of a recording, in a file of its own until all parts are assembled.

Layout of a part's file (HDF5, n frames):

==============  ==================  ==============================================================
``frames``      (n,) bytes          square RGB frames, each a JPEG (or PNG) file
``keypoints``   (n, 60, 2) float32  x right, y down, in [0, 1] of the square; NaN where missed
``confidence``  (n, 60) float32     in [0, 1]; 0 where missed
==============  ==================  ==============================================================
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import cv2
import h5py
import numpy as np
import numpy.typing as npt

from apvg_core.data.shards import encode_frame
from apvg_core.extract.survey import Survey
from apvg_core.extract.unit import Unit
from apvg_core.features.hand_refinement import video_pose_estimator
from apvg_core.features.pose import Pose, PoseEstimator
from apvg_core.files import DeferredErrorFile, atomic_write
from apvg_core.progress import Progress

WARM_UP_SECONDS: Final = 1.0
"""Length of the part before that the estimator is given, as it follows the player; it settles in 0.6 s."""


def part_path(unit: Unit, survey: Survey, part: range) -> Path:
    """The file of a part, by its first frame and the square that is cut out."""
    return unit.work / "-".join(map(str, survey.crop)) / f"{part.start:08}.h5"


def estimate_poses(unit: Unit, survey: Survey, part: range, *, progress: Progress) -> None:
    """Cut the frames of a part out and estimate the player's pose in each, unless its file exists already.

    Progress counts the part's own frames.

    Raises:
        MediaError: The images cannot be decoded.
        OSError: The file cannot be written.
    """
    path = part_path(unit, survey, part)
    task = f"extract {unit.recording.source}"
    if path.exists():
        progress(task, len(part), survey.count)
        return
    warm_up = min(part.start, round(WARM_UP_SECONDS * survey.fps))
    frames: list[npt.NDArray[np.uint8]] = []
    poses: list[Pose] = []
    for index, square, pose in _poses(unit, survey, range(part.start - warm_up, part.stop)):
        if index in part:
            frames.append(encode_frame(_resized(square, unit.config.size), lossless=unit.config.lossless))
            poses.append(pose)
            progress(task, len(frames), survey.count)
    with atomic_write(path) as temporary, DeferredErrorFile(temporary) as disk:
        with h5py.File(disk, "w") as file:
            stored = file.create_dataset("frames", (len(frames),), h5py.vlen_dtype(np.uint8))
            for k, data in enumerate(frames):
                stored[k] = data
            file["keypoints"] = np.stack([pose.keypoints for pose in poses])
            file["confidence"] = np.stack([pose.confidence for pose in poses])
        disk.check()


def _poses(unit: Unit, survey: Survey, wanted: range) -> Iterator[tuple[int, npt.NDArray[np.uint8], Pose]]:
    """Yield each wanted frame's number, its square in the source's pixels (side, side, 3), and the pose."""
    x, y, side = survey.crop
    folder = unit.keypoint_folder()
    with ExitStack() as stack:
        estimator: PoseEstimator | None = None
        if folder is None:
            estimator = stack.enter_context(closing(video_pose_estimator()))
        images = unit.recording.images.frames(survey.fps, first=wanted.start, stop=wanted.stop)
        for index, image in zip(wanted, images, strict=True):
            square = image[y : y + side, x : x + side]
            if estimator is not None:
                yield index, square, estimator(square)
            else:
                assert folder is not None
                file_index = index * len(folder) // survey.filmed  # --fps may leave out or repeat images
                yield index, square, folder.pose(file_index, survey.crop)


def _resized(square: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    method = cv2.INTER_AREA if len(square) >= size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)
