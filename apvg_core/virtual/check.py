"""Agreement of the pose estimator with the truth about virtual performers."""

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.cores import available_cores
from apvg_core.errors import ConfigError
from apvg_core.features.pose import HolisticEstimator, prepare_estimator
from apvg_core.files import read_json
from apvg_core.media.video import read_frames
from apvg_core.metrics.hands import NEAR, PALM
from apvg_core.skeleton import BODY_JOINTS, GROUPS

Array = npt.NDArray[np.float64]

_ARMS: Final = [
    BODY_JOINTS.index(f"{side}_{joint}")
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist")
]
_RIGHT_WRIST: Final = BODY_JOINTS.index("right_wrist")


@dataclass(frozen=True)
class Findings:
    """Findings of the pose estimator in one recording.

    Attributes:
        found: By group, (F,) whether it was found.
        distance: By group, (F,) from the truth, in pixels; NaN where not found.
        near: By group, (F,) whether it was found in the right place.
        follows: |r| between the detected right wrist's x and the slide, or the bow, where sound is made.
    """

    found: dict[str, npt.NDArray[np.bool_]]
    distance: dict[str, Array]
    near: dict[str, npt.NDArray[np.bool_]]
    follows: float


def examine(truth_file: Path) -> Findings:
    """Run the estimator over one recording."""
    try:
        truth: dict[str, Any] = read_json(truth_file)
        film = truth_file.parent.parent / truth["media"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{truth_file} is not a truth file; 'apvg virtual film' makes one.") from error
    with closing(HolisticEstimator(video=True)) as estimator:
        poses = [estimator(frame) for frame in read_frames(film, fps=truth["fps"])]
    seen = np.stack([pose.keypoints for pose in poses]).astype(np.float64)
    sure = np.stack([pose.confidence for pose in poses]) > 0
    known = np.array(truth["joints"]["xy"])

    found, distance, near = {}, {}, {}
    for group, joints in GROUPS.items():
        marks = _ARMS if group == "body" else [joints.start + k for k in PALM]
        found[group] = sure[:, joints].any(axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # frames in which nothing was found
            apart = np.nanmean(seen[:, marks], axis=1) - known[:, marks].mean(axis=1)
        share = np.linalg.norm(apart, axis=1)
        distance[group], near[group] = share * truth["size"], share < NEAR
    curves = truth["frames"]
    moved = np.array(curves["slide_metres"] if truth["instrument"] == "trombone" else curves["bow_position"])
    wrist = seen[:, _RIGHT_WRIST, 0]
    counted = np.isfinite(wrist) & (np.array(curves["loudness"]) > 0)
    return Findings(found, distance, near, float(abs(np.corrcoef(wrist[counted], moved[counted])[0, 1])))


def truth_files(data: Path) -> list[Path]:
    """List the truth files of a folder that `film_all` has written in the footage layout.

    Raises:
        ConfigError: It holds none.
    """
    files = sorted((data / "truth").glob("*.json"))
    if not files:
        raise ConfigError(f"{data} holds no truth/*.json; give a folder written with --layout footage.")
    return files


def check_all(data: Path, *, jobs: int | None = None) -> Iterator[tuple[str, Findings]]:
    """Run the estimator over the recordings of a folder; yields each one's name and findings.

    Args:
        data: A folder that `film_all` has written in the footage layout.
        jobs: Recordings at a time; None is one a core.

    Raises:
        ConfigError: The folder holds no truth.
        DependencyError: MediaPipe is not installed.
    """
    prepare_estimator()
    files = truth_files(data)
    with ProcessPoolExecutor(jobs or available_cores(), mp_context=get_context("spawn")) as pool:
        yield from zip((file.stem for file in files), pool.map(examine, files), strict=True)


def summarise(findings: Sequence[Findings]) -> dict[str, float]:
    """Sum up recordings.

    Returns:
        For each group of joints the shares of frames in which it was found, and found in the right place,
        and the median distance in pixels, as "body found", "body near", "body px", ...; and "wrist follows".
    """
    numbers = {}
    for group in GROUPS:
        found, near, distance = (
            np.concatenate([getattr(f, field)[group] for f in findings])
            for field in ("found", "near", "distance")
        )
        name = group.replace("_", " ")
        numbers[f"{name} found"], numbers[f"{name} near"] = float(found.mean()), float(near.mean())
        numbers[f"{name} px"] = float(np.nanmedian(distance))
    return {**numbers, "wrist follows": float(np.mean([f.follows for f in findings]))}
