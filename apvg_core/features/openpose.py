"""Reads the keypoints of a recording from the files of OpenPose.

OpenPose, run with `--write_json`, writes one file for each image, `<name>_<number>_keypoints.json`, with
x, y and confidence of each joint in pixels of the image, three zeros where it found none. Its body models
COCO (18 joints, ours) and BODY_25 are understood.
"""

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apvg_core.errors import MediaError
from apvg_core.features.pose import Pose
from apvg_core.files import read_json
from apvg_core.skeleton import BODY, BODY_JOINTS, HAND_JOINTS, LEFT_HAND, NUM_JOINTS, RIGHT_HAND

BODY_25: Final = (
    "nose", "neck",
    "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist",
    "middle_hip",
    "right_hip", "right_knee", "right_ankle",
    "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
    "left_big_toe", "left_small_toe", "left_heel",
    "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip

MIN_BODY: Final = 0.05
MIN_HAND: Final = 0.2
"""Joints of less confidence count as missed; OpenPose draws none below these, either."""

FAR: Final = 1e6
"""Pixels; no image is that large."""

_FROM_BODY_25: Final = [BODY_25.index(joint) for joint in BODY_JOINTS]
_FILE: Final = re.compile(r"(?!\.)(?:.*_)?(\d+)_keypoints\.json")

Joints = npt.NDArray[np.float32]
"""x and y in pixels, and confidence [shape=(n, 3)]."""


class OpenPoseFolder:
    """OpenPose's files about one recording, in the order of their numbers.

    Args:
        path: The folder.

    Raises:
        MediaError: There is no such folder, or none of its files is OpenPose's.
    """

    def __init__(self, path: Path) -> None:
        numbered = [(match, file) for file in _listed(path) if (match := _FILE.fullmatch(file.name))]
        if not numbered:
            raise MediaError(
                f"{path} holds no keypoints; it needs OpenPose's files <name>_<number>_keypoints.json, one "
                "for each picture."
            )
        self.path = path
        self._files = [file for _, file in sorted((int(match[1]), file) for match, file in numbered)]

    def __len__(self) -> int:
        """Number of images that are described."""
        return len(self._files)

    def pose(self, index: int, crop: tuple[int, int, int]) -> Pose:
        """Read the player's pose in an image; of several people, the one who fills most of the crop.

        Args:
            index: Number of the image, from 0.
            crop: (x, y, side) in pixels: the square that the pose is relative to. Joints outside are missed.

        Raises:
            MediaError: The image's file is damaged, or of another body model.
        """
        file = self._files[index]
        try:
            people = [_joints(person) for person in read_json(file)["people"]]
        except OSError as error:
            raise MediaError(f"{file} cannot be read ({error.strerror}); check its permissions.") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MediaError(
                f"{file} holds no keypoints of OpenPose's models COCO or BODY_25; run OpenPose with one of "
                "them."
            ) from error
        poses = [_in_crop(joints, crop) for joints in people]
        return max(poses, key=_prominence, default=_in_crop(np.zeros((NUM_JOINTS, 3), np.float32), crop))


def _listed(path: Path) -> list[Path]:
    try:
        return [file for file in path.iterdir() if not file.name.startswith(".")]
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror}); it should hold OpenPose's files "
            "<name>_<number>_keypoints.json."
        ) from error


def _joints(person: dict[str, Any]) -> Joints:
    """One person's joints in the order of `skeleton.JOINTS` [shape=(60, 3)]; zeros where missed."""
    joints = np.zeros((NUM_JOINTS, 3), np.float32)
    body = _triples(person["pose_keypoints_2d"])
    if len(body) not in (0, len(BODY_JOINTS), len(BODY_25)):
        raise ValueError(f"{len(body)} body joints")
    if len(body):
        joints[BODY] = body[_FROM_BODY_25] if len(body) == len(BODY_25) else body
    for part, key in ((LEFT_HAND, "hand_left_keypoints_2d"), (RIGHT_HAND, "hand_right_keypoints_2d")):
        hand = _triples(person.get(key, []))
        if len(hand):
            joints[part] = hand.reshape(len(HAND_JOINTS), 3)
    return joints


def _triples(numbers: list[float]) -> Joints:
    """x, y and confidence of joints [shape=(n, 3)]; what is in no image is merely far away."""
    return np.clip(np.array(numbers, np.float64), -FAR, FAR).astype(np.float32).reshape(-1, 3)


def _in_crop(joints: Joints, crop: tuple[int, int, int]) -> Pose:
    """The pose relative to a crop, of joints in pixels [shape=(60, 3)]."""
    x, y, side = crop
    keypoints = ((joints[:, :2] - [x, y]) / side).astype(np.float32)
    least = np.full(NUM_JOINTS, MIN_HAND)
    least[BODY] = MIN_BODY
    found = (joints[:, 2] >= least) & ((keypoints >= 0) & (keypoints <= 1)).all(axis=1)
    keypoints[~found] = np.nan
    return Pose(keypoints, np.where(found, np.minimum(joints[:, 2], 1), 0).astype(np.float32))


def _prominence(pose: Pose) -> float:
    """A person's size and confidence: the diagonal of the body's box times its sum of confidences."""
    body = pose.keypoints[BODY][pose.confidence[BODY] > 0]
    if len(body) == 0:
        return 0.0
    return float(np.linalg.norm(np.ptp(body, axis=0)) * pose.confidence[BODY].sum())
