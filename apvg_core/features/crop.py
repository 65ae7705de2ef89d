"""The square that is cut out of the frames of a performer's recordings.

It is chosen once for all that a camera filmed from one position, so that whatever moves in it is the player.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.errors import ConfigError
from apvg_core.features.background import Mask
from apvg_core.features.pose import Pose
from apvg_core.skeleton import BODY_JOINTS

MARGIN: Final = 0.2
"""Room left on each side for the instrument, as a share of the longer side of the player's box."""

REACH_MARGIN: Final = 0.04
"""Room left around all that moved, as a share of the same: not every image was searched."""

FURTHEST: Final = 1.0
"""What moves counts as the player's up to this far from the joints, as a share of the same."""

OUTLIERS: Final = 5
"""Percentage of the frames whose box may reach further on any side: the estimator's slips."""

LIMB: Final = 0.1
"""Share of the player's box by which a body is thicker than the hull of its joints."""

RESTLESS: Final = 0.5
"""Share of an image; where more than that moves, it is the camera, or the light."""

OUTSIDE: Final = 0.02
"""Share of a square's side by which a player may reach out of it unnoticed."""

_GAP: Final = 2
"""Small pixels between two parts of one thing that moves."""

_LEGS: Final = [k for k, joint in enumerate(BODY_JOINTS) if joint.endswith(("knee", "ankle"))]

Square = tuple[int, int, int]
Box = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)  # arrays have no one truth
class Extent:
    """Boxes of a player in a film's images: upper left and lower right corner (x, y), in pixels.

    Attributes:
        body: Box of the joints of the upper body, but for the estimator's slips [shape=(2, 2)].
        reach: Box of all that moves with the player too: hands, slide, bow [shape=(2, 2)].
    """

    body: Box
    reach: Box


def centre_crop(width: int, height: int) -> Square:
    """Return the largest square in the middle of an image, as (x, y, side) in pixels; the side is even."""
    side = 2 * (min(width, height) // 2)
    return (width - side) // 2, (height - side) // 2, side


def given_crop(text: str, width: int, height: int) -> Square:
    """Read a square given as "X,Y,S", in pixels.

    Raises:
        ConfigError: It reaches out of the image.
    """
    x, y, side = (int(number) for number in text.split(","))
    if x + side > width or y + side > height:
        raise ConfigError(f"--crop {text} reaches out of the picture, which is {width} x {height} pixels.")
    return x, y, side


def body_of(poses: Sequence[Pose], shape: tuple[int, ...]) -> Mask:
    """Draw a mask of the player in any of the images.

    Args:
        poses: Poses in the images.
        shape: (h, w) of the mask.

    Returns:
        True where the player is [shape=(h, w)].
    """
    size = np.array(shape[::-1])
    mask = np.zeros(shape, np.uint8)
    thickness = 0
    for pose in poses:
        joints = pose.keypoints[~np.isnan(pose.keypoints[:, 0])] * size
        if len(joints):
            cv2.fillConvexPoly(mask, cv2.convexHull(np.round(joints).astype(np.int32)), 1)
            thickness = max(thickness, round(LIMB * float(np.ptp(joints, axis=0).max())))
    return np.asarray(_grown(mask, thickness) > 0)


def extent_of(poses: Sequence[Pose], moves: Mask, *, width: int, height: int) -> Extent:
    """Measure the boxes of the player of a film.

    Args:
        poses: Poses in images spread over the film, at least one of them found.
        moves: True where anything moves, in a small image [shape=(h, w)].
        width: Width of the images, in pixels.
        height: Height of the images, in pixels.
    """
    joints = np.stack([np.delete(pose.keypoints, _LEGS, axis=0) for pose in poses if pose.found])
    boxes = _of_one_person(np.stack([np.nanmin(joints, axis=1), np.nanmax(joints, axis=1)], axis=1))
    pixels = np.array([width, height])
    body = pixels * np.stack(
        [np.percentile(boxes[:, 0], OUTLIERS, axis=0), np.percentile(boxes[:, 1], 100 - OUTLIERS, axis=0)]
    )
    moved = (
        _touching(moves, body_of(poses, moves.shape)) if moves.mean() <= RESTLESS else np.zeros_like(moves)
    )
    if not moved.any():
        return Extent(body, body)
    cells = np.argwhere(moved)[:, ::-1]
    reach = pixels * np.stack([cells.min(axis=0), cells.max(axis=0) + 1]) / [moves.shape[1], moves.shape[0]]
    furthest = FURTHEST * _longer_side(body)
    return Extent(
        body,
        np.stack(
            [
                np.clip(reach[0], body[0] - furthest, body[0]),
                np.clip(reach[1], body[1], body[1] + furthest),
            ]
        ),
    )


def square_about(extents: Sequence[Extent], *, width: int, height: int) -> Square:
    """Choose the square that holds a player's upper body, arms, hands and instrument in all of some films.

    Args:
        extents: Boxes of the player in each, at least one.
        width: Width of the images, in pixels.
        height: Height of the images, in pixels.

    Returns:
        (x, y, side) in pixels: the square's upper left corner and its edge, which is even. It lies wholly
        inside the image.
    """
    body = _about([extent.body for extent in extents])
    reach = _about([extent.reach for extent in extents])
    longer = _longer_side(body)
    low = np.minimum(body[0] - MARGIN * longer, reach[0] - REACH_MARGIN * longer)
    high = np.maximum(body[1] + MARGIN * longer, reach[1] + REACH_MARGIN * longer)
    wanted = float((high - low).max())
    side = 2 * (min(round(wanted), width, height) // 2)
    corner = np.clip(np.round((low + high - side) / 2), 0, [width - side, height - side])
    return int(corner[0]), int(corner[1]), side


def reaches_out(extent: Extent, square: Square, *, width: int, height: int) -> bool:
    """Return True if a player reaches out of a square noticeably, where the image goes on."""
    x, y, side = square
    box = _about([extent.body, extent.reach]).clip(0, [width, height])
    out = np.concatenate([[x, y] - box[0], box[1] - [x + side, y + side]])
    return bool(out.max() > OUTSIDE * side)


def _about(boxes: Sequence[Box]) -> Box:
    """The box [shape=(2, 2)] about some boxes [shape=(2, 2) each]."""
    every = np.stack(boxes)
    return np.stack([every[:, 0].min(axis=0), every[:, 1].max(axis=0)])


def _longer_side(box: Box) -> float:
    return float((box[1] - box[0]).max())


def _touching(moves: Mask, body: Mask) -> Mask:
    """The parts of `moves` [shape=(h, w)] that are connected to the body [shape=(h, w)]."""
    _, parts = cv2.connectedComponents(_grown((moves | body).astype(np.uint8), _GAP))
    return np.asarray(moves & np.isin(parts, np.unique(parts[body])))


def _grown(mask: npt.NDArray[np.uint8], by: int) -> npt.NDArray[np.uint8]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return np.asarray(cv2.dilate(mask, disc), np.uint8)


def _of_one_person(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Leave out the boxes of somebody else in the image, whom the estimator takes now and then.

    Args:
        boxes: [shape=(n, 2, 2)], upper left and lower right corners (x, y).
    """
    centres = boxes.mean(axis=1)
    typical = centres[np.abs(centres - np.median(centres, axis=0)).sum(axis=1).argmin()]
    reach = np.median(boxes[:, 1] - boxes[:, 0], axis=0).max() / 2
    near = (np.abs(centres - typical) <= reach).all(axis=1)
    return np.asarray(boxes[near])
