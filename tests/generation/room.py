"""A player of known outline before a room, drawn at twice the size so that edges are soft."""

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.skeleton import BODY_JOINTS, NUM_JOINTS

SIZE = 128

_AT = {
    "nose": (0.5, 0.2), "neck": (0.5, 0.32), "right_shoulder": (0.38, 0.36), "right_elbow": (0.3, 0.5),
    "right_wrist": (0.4, 0.58), "left_shoulder": (0.62, 0.36), "left_elbow": (0.7, 0.5),
    "left_wrist": (0.6, 0.58), "right_hip": (0.44, 0.65), "left_hip": (0.56, 0.65),
    "right_knee": (0.43, 0.85), "left_knee": (0.57, 0.85), "right_ankle": (0.43, 0.99),
    "left_ankle": (0.57, 0.99), "right_eye": (0.48, 0.18), "left_eye": (0.52, 0.18),
    "right_ear": (0.46, 0.19), "left_ear": (0.54, 0.19),
}  # fmt: skip
_LIMBS = ("nose", "neck"), ("right_shoulder", "left_shoulder"), ("right_shoulder", "right_elbow"), (
    "right_elbow", "right_wrist"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), (
    "right_hip", "right_ankle"), ("left_hip", "left_ankle")  # fmt: skip

Image = npt.NDArray[np.uint8]


def pose() -> npt.NDArray[np.float32]:
    """Keypoints of the player."""
    keypoints = np.empty((NUM_JOINTS, 2), np.float32)
    keypoints[: len(BODY_JOINTS)] = [_AT[name] for name in BODY_JOINTS]
    keypoints[18:39], keypoints[39:] = _AT["left_wrist"], _AT["right_wrist"]
    return keypoints


def outline(stick: float = 0.1) -> npt.NDArray[np.float64]:
    """Opacity of a player who holds a stick that reaches to column `stick` [shape=(SIZE, SIZE)]."""
    edge = 8 * SIZE
    mask = np.zeros((edge, edge), np.uint8)

    def line(one: tuple[float, float], other: tuple[float, float], width: float) -> None:
        ends = [tuple(round(edge * value) for value in point) for point in (one, other)]
        cv2.line(mask, ends[0], ends[1], 255, round(edge * width))

    for one, other in _LIMBS:
        line(_AT[one], _AT[other], 0.07)
    cv2.circle(mask, (edge // 2, round(0.18 * edge)), round(0.08 * edge), 255, -1)
    cv2.rectangle(
        mask, (round(0.38 * edge), round(0.34 * edge)), (round(0.62 * edge), round(0.7 * edge)), 255, -1
    )
    line((stick, 0.55), (0.4, 0.58), 0.025)
    return cv2.resize(mask, (SIZE, SIZE), interpolation=cv2.INTER_AREA) / 255


def empty_room() -> npt.NDArray[np.float64]:
    """A wall that grows darker downwards, a picture on it, and a floor."""
    room = np.array([200.0, 195, 185]) - np.linspace(0, 25, SIZE)[:, None, None] * np.ones((1, SIZE, 1))
    room[15:45, 4:26] = (120, 150, 175)
    room[110:] = (120, 100, 80)
    return room


def filmed(opacity: npt.NDArray[np.float64], *, noise: float = 1.0, seed: int = 0) -> Image:
    """The player, in a dark suit with a light face, in the room."""
    suit = np.array([35.0, 35, 45])
    colours = np.tile(suit, (SIZE, SIZE, 1))
    colours[: round(0.27 * SIZE)] = (225, 160, 130)
    image = opacity[..., None] * colours + (1 - opacity[..., None]) * empty_room()
    image += np.random.default_rng(seed).normal(0, noise, image.shape)
    return image.clip(0, 255).astype(np.uint8)
