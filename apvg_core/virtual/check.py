"""How well a pose estimator finds the virtual performers, against the truth.

    python -m apvg_core.virtual.check DATA

Prints, for each recording in the footage layout and for each instrument, the share of frames in which the
body and each hand is found and found in the right place (the middle of the palm, or of the arms, less than
`NEAR` of the image from the truth), the median distance, and how the wrist that plays follows the slide or
the bow.
"""

import argparse
import json
import warnings
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.features.pose import HolisticEstimator
from apvg_core.media.video import read_frames
from apvg_core.skeleton import BODY_JOINTS, GROUPS, HAND_JOINTS

Array = npt.NDArray[np.float64]

NEAR: Final = 0.03
"""Of the image's edge; a palm of these performers is 0.05 wide."""

_PALM: Final = [HAND_JOINTS.index(name) for name in ("root", "index_1", "middle_1", "ring_1", "pinky_1")]
_ARMS: Final = [
    BODY_JOINTS.index(f"{side}_{joint}")
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist")
]
_RIGHT_WRIST: Final = BODY_JOINTS.index("right_wrist")


@dataclass(frozen=True)
class Findings:
    """What was found in one recording.

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
    truth: dict[str, Any] = json.loads(truth_file.read_text(encoding="utf-8"))
    film = truth_file.parent.parent / truth["media"]
    estimator = HolisticEstimator(video=True)
    poses = [estimator(frame) for frame in read_frames(film, fps=truth["fps"])]
    estimator.close()
    seen = np.stack([pose.keypoints for pose in poses]).astype(np.float64)
    sure = np.stack([pose.confidence for pose in poses]) > 0
    known = np.array(truth["joints"]["xy"])

    found, distance, near = {}, {}, {}
    for group, joints in GROUPS.items():
        marks = _ARMS if group == "body" else [joints.start + k for k in _PALM]
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


def _line(name: str, findings: list[Findings]) -> str:
    cells = [f"{name:<24}"]
    for group in GROUPS:
        found, near, distance = (
            np.concatenate([getattr(f, field)[group] for f in findings])
            for field in ("found", "near", "distance")
        )
        cells.append(f"{found.mean():6.3f} {near.mean():6.3f} {np.nanmedian(distance):5.1f} px")
    cells.append(f"{np.mean([f.follows for f in findings]):.3f}")
    return " | ".join(cells)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description="How well a pose estimator finds the virtual performers.")
    parser.add_argument("data", type=Path, help="a folder that apvg_core.virtual has written")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    files = sorted((options.data / "truth").glob("*.json"))
    if not files:
        parser.error(f"{options.data} holds no truth/*.json; give a folder written with --layout footage")
    if options.jobs < 1:
        parser.error("--jobs must be 1 or more")
    print(
        f"{'recording':<24} | body: found, near, px  | left hand             | right hand            "
        "| wrist follows"
    )
    groups = defaultdict(list)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for file, findings in zip(files, pool.map(examine, files), strict=True):
            print(_line(file.stem, [findings]), flush=True)
            groups[file.stem.split("_")[0]].append(findings)
    for instrument, every in groups.items():
        print(_line(f"all of {instrument}", every))


if __name__ == "__main__":
    main()
