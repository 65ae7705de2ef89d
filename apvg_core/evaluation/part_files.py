"""Files of the parts of an evaluation.

`OUT/parts/<method>/<recording>.npz` holds a `Measurements`, what it was made from, and coarse frames of a run
(PNG, some 0.1 MB a recording); beside it lies the video of a run's performance, with its sound.
"""

import re
import zlib
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from apvg_core.errors import ConfigError
from apvg_core.evaluation.coarse_frames import Images, from_png, to_png
from apvg_core.evaluation.measurements import Measurements
from apvg_core.files import atomic_write

DAMAGED: Final = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error)
"""Errors of reading a damaged npz."""


def part_file(folder: Path, method: str, recording: str, suffix: str) -> Path:
    """Return the path of a method's measurements (npz) or video (mp4) of a recording."""
    return folder / part_folder(method) / f"{recording}.{suffix}"


def video_path(folder: Path, recording: str) -> Path:
    """Return the path of a recording's video among any system's videos."""
    return folder / f"{recording}.mp4"


def part_folder(method: str) -> str:
    """Return the name of the folder of a method's parts."""
    return re.sub(r"[^\w.+-]+", "_", method)


def write_part(path: Path, measurements: Measurements, made_from: str, coarse: Images) -> None:
    """Write a part.

    Args:
        path: The npz file.
        measurements: Those of the part.
        made_from: The facts that it depends on, as JSON.
        coarse: Coarse frames by their index [shape=(h, w, 3) each]; may be empty.
    """
    arrays: dict[str, Any] = {f"units/{key}": value for key, value in measurements.units.items()}
    arrays |= {f"curves/{key}": value for key, value in measurements.curves.items()}
    arrays |= {f"coarse/{frame}": to_png(image) for frame, image in coarse.items()}
    if measurements.keypoints is not None:
        arrays["keypoints"] = measurements.keypoints
    with atomic_write(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, made_from=made_from, frames=measurements.frames, **arrays)


def read_made_from(path: Path) -> str | None:
    """Read what a part was made from; returns None if there is no part, or a damaged one."""
    try:
        with path.open("rb") as handle, np.load(handle) as file:  # np.load leaves a damaged file open
            return str(file["made_from"]) if file["frames"] else None
    except DAMAGED:
        return None


def read_part(path: Path) -> Measurements:
    """Read what was measured.

    Raises:
        ConfigError: The file is damaged.
    """
    try:
        with path.open("rb") as handle, np.load(handle) as file:
            keypoints = file.get("keypoints")
            return Measurements(_group(file, "units"), _group(file, "curves"), keypoints, int(file["frames"]))
    except DAMAGED as error:
        raise ConfigError(f"{path} is damaged; delete it, and evaluate again.") from error


def read_coarse_frames(path: Path) -> Images:
    """Read a run's coarse frames by their index [shape=(h, w, 3) each]; none where none were kept.

    Raises:
        ConfigError: The file is damaged.
    """
    try:
        with path.open("rb") as handle, np.load(handle) as file:
            return {int(frame): from_png(data) for frame, data in _group(file, "coarse").items()}
    except DAMAGED as error:
        raise ConfigError(f"{path} is damaged; delete it, and evaluate again.") from error


def _group(file: Any, kind: str) -> dict[str, Any]:
    return {key.removeprefix(f"{kind}/"): file[key] for key in file if key.startswith(f"{kind}/")}
