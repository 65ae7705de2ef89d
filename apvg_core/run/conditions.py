"""`conditions.safetensors`: what the networks are told of each performer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.errors import RunError
from apvg_core.run.arrays import read_arrays, write_arrays
from apvg_core.run.info import RunInfo, write_run
from apvg_core.skeleton import NUM_JOINTS

LARGEST_KEYPOINT: Final = 10.0
"""How far outside of the image, whose edge is 1, an average keypoint may be."""


@dataclass(frozen=True)
class Conditions:
    """Conditions of the networks: what is given about each performer.

    Attributes:
        average: Average keypoints, (performers, 60, 2) float32.
        reference: A typical frame, (performers, size, size, 3) uint8.
        reference_keypoints: That frame's, (performers, 60, 2) float32.
        plate: The median of many frames, (performers, size, size, 3) uint8: without what moves, such as a
            bow. None in runs that were begun when there were none.
    """

    average: npt.NDArray[np.float32]
    reference: npt.NDArray[np.uint8]
    reference_keypoints: npt.NDArray[np.float32]
    plate: npt.NDArray[np.uint8] | None = None

    def plates(self) -> npt.NDArray[np.uint8]:
        """Return the plates (performers, size, size, 3).

        Raises:
            RunError: There is none.
        """
        if self.plate is None:
            raise RunError("This run has no plate, which the setting stu.plate needs; begin another --run.")
        return self.plate


def write_conditions(root: Path, conditions: Conditions) -> None:
    """Write `conditions.safetensors`."""
    arrays = {name: array for name, array in vars(conditions).items() if array is not None}
    write_arrays(root / "conditions.safetensors", arrays)


def read_conditions(root: Path, info: RunInfo) -> Conditions:
    """Read `conditions.safetensors`.

    Args:
        root: The run folder.
        info: Facts about the run.

    Raises:
        RunError: It is missing or damaged, or is another run's.
    """
    path = root / "conditions.safetensors"
    keypoints = (len(info.performers), NUM_JOINTS, 2)
    images = (len(info.performers), info.size, info.size, 3)
    shapes = {
        "average": keypoints, "reference": images, "reference_keypoints": keypoints, "plate": images,
    }  # fmt: skip
    arrays = read_arrays(path, shapes)
    for name, array in arrays.items():
        if (array.dtype == np.uint8) != (shapes[name] == images):
            raise RunError(f"{path} is damaged ({name} holds {array.dtype}); restore it.")
        if array.dtype != np.uint8:
            with np.errstate(over="ignore"):  # what is too large for float32 is too large
                arrays[name] = array = array.astype(np.float32)
            if not (np.abs(array) <= LARGEST_KEYPOINT).all():
                raise RunError(f"{path} is damaged ({name} has values that are not positions); restore it.")
    try:
        return Conditions(**arrays)
    except TypeError as error:
        raise RunError(f"{path} lacks arrays; restore it or train again into a new folder.") from error


def found_run(root: Path, info: RunInfo, conditions: Conditions) -> None:
    """Begin a run: a folder with a `run.json` has everything that belongs to it.

    Raises:
        RunError: The folder cannot be made, or the disk is full.
    """
    write_conditions(root, conditions)
    write_run(root, info)
