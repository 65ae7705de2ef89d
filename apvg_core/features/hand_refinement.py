"""Hand refinement: hands that the first estimator missed are searched for in enlarged crops at the wrists.

Hands are small in an image of a player, half of each is hidden by an instrument, and a bowing hand is
blurred. In an enlarged crop around the wrist many are found after all. They are chosen by their position
alone: which hand it is MediaPipe often gets wrong for a hand around a neck or a slide.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.features.arms import (
    ARMS,
    LEFT,
    RIGHT,
    Arm,
    Array,
    fits_arm,
    forearm_length,
    hands_coincide,
    wrist_distance,
)
from apvg_core.features.hand_finder import FoundHand, HandFinder, MediaPipeHands
from apvg_core.features.pose import HolisticEstimator, Pose, PoseEstimator

CENTRE_OFFSET: Final = 0.3
"""The crop's centre lies this far beyond the wrist, in forearms."""

LEAST_CONFIDENCE: Final = 0.1
"""Confidence of a hand that fits its arm, however much MediaPipe takes it for the other one."""


@dataclass(frozen=True)
class HandCrop:
    """A square crop around a hand.

    Attributes:
        size: Its edge, in forearms.
        pixels: Its edge, once enlarged.
        rotated: The forearm points up in it, as the detector of palms likes best.
    """

    size: float
    pixels: int
    rotated: bool


HAND_CROPS: Final = (
    HandCrop(2.2, 384, True), HandCrop(2.2, 384, False), HandCrop(3.0, 384, True), HandCrop(1.6, 256, False)
)  # fmt: skip
"""Tried in this order until one shows the hand; each finds hands that the others miss."""


def video_pose_estimator() -> PoseEstimator:
    """Make the estimator for the frames of one video, in order.

    Raises:
        DependencyError: MediaPipe is not installed.
    """
    return HandRefiner(HolisticEstimator(video=True))


class HandRefiner:
    """A pose estimator that searches once more for the hands that another one missed or misplaced.

    It keeps no state of its own: a frame's result depends on the frames before only as far as `first`'s does.

    Args:
        first: Finds the body, and most hands; closed together with this.
        finder: Finds the others; MediaPipe's if not given.

    Attributes:
        recovered: Number of left and of right hands that the search has found so far. Their
            confidence is how sure the finder is of which hand it is; that of other hands is 1.
    """

    def __init__(self, first: PoseEstimator, finder: HandFinder | None = None) -> None:
        self._first = first
        self._finder = MediaPipeHands() if finder is None else finder
        self.recovered = [0, 0]

    def __call__(self, frame: npt.NDArray[np.uint8]) -> Pose:
        """Find the joints in `frame` [shape=(h, w, 3), RGB]."""
        pose = self._first(frame)
        size = np.array([frame.shape[1], frame.shape[0]])
        pixels = pose.keypoints * size.astype(np.float64)
        confidence, outside = pose.confidence.copy(), pose.outside.copy()
        for arm in _misplaced(pixels):
            pixels[arm.hand], confidence[arm.hand], outside[arm.hand] = np.nan, 0, False
        for side, arm in enumerate(ARMS):
            if np.isnan(pixels[arm.hand]).all():
                hand = self._search(frame, pixels, arm)
                if hand is not None:
                    inside = ((hand.joints >= 0) & (hand.joints <= size)).all(axis=1)
                    pixels[arm.hand] = np.where(inside[:, None], hand.joints, np.nan)
                    confidence[arm.hand] = np.where(inside, _confidence(hand, arm), 0)
                    outside[arm.hand] = ~inside
                    self.recovered[side] += 1
        return Pose((pixels / size).astype(np.float32), confidence, outside)

    def close(self) -> None:
        """Release the threads and memory of both."""
        self._finder.close()
        self._first.close()

    def _search(self, frame: npt.NDArray[np.uint8], pixels: Array, arm: Arm) -> FoundHand | None:
        """Search for the hand of `arm` in a frame [shape=(h, w, 3), RGB].

        Args:
            frame: The image.
            pixels: The joints in it, in pixels [shape=(60, 2)].
            arm: The arm.

        Returns:
            The hand in the frame's pixels; None if there is none.
        """
        if np.isnan(pixels[arm.wrist]).any() or not forearm_length(pixels) >= 1:
            return None
        other = pixels[(RIGHT if arm is LEFT else LEFT).hand]
        for crop in HAND_CROPS:
            to_crop = _transform(crop, pixels, arm)
            enlarged = cv2.warpAffine(frame, to_crop, (crop.pixels, crop.pixels), flags=cv2.INTER_CUBIC)
            hands = [_back(hand, to_crop, crop) for hand in self._finder(np.asarray(enlarged, np.uint8))]
            hands = [
                hand for hand in hands
                if fits_arm(hand.joints, pixels, arm) and not hands_coincide(hand.joints, other, pixels)
            ]  # fmt: skip
            if hands:
                return min(hands, key=lambda hand: float(wrist_distance(hand.joints, pixels, arm)))
        return None


def _misplaced(pixels: Array) -> list[Arm]:
    """The arms whose hand, among joints in pixels [shape=(60, 2)], is not theirs."""
    wrong = [arm for arm in ARMS if not fits_arm(pixels[arm.hand], pixels, arm)]
    if not wrong and hands_coincide(pixels[LEFT.hand], pixels[RIGHT.hand], pixels):
        wrong = [max(ARMS, key=lambda arm: float(wrist_distance(pixels[arm.hand], pixels, arm)))]
    return wrong


def _confidence(hand: FoundHand, arm: Arm) -> float:
    return max(LEAST_CONFIDENCE, hand.leftness if arm is LEFT else 1 - hand.leftness)


def _transform(crop: HandCrop, pixels: Array, arm: Arm) -> Array:
    """The affine map from the frame's pixels to the crop's [shape=(2, 3)]."""
    forearm = np.nan_to_num(pixels[arm.wrist] - pixels[arm.elbow])
    length = float(np.linalg.norm(forearm))
    unit = float(forearm_length(pixels))
    direction = forearm / length if length > 0 else np.zeros(2)
    centre = pixels[arm.wrist] + CENTRE_OFFSET * unit * direction
    x, y = direction if crop.rotated and length > 0 else (0.0, -1.0)
    turn = crop.pixels / (crop.size * unit) * np.array([[-y, x], [-x, -y]])
    return np.hstack([turn, crop.pixels / 2 - (turn @ centre)[:, None]])


def _back(hand: FoundHand, to_crop: Array, crop: HandCrop) -> FoundHand:
    """A hand found in the crop, in the frame's pixels."""
    back = cv2.invertAffineTransform(to_crop)
    return replace(hand, joints=hand.joints * crop.pixels @ back[:, :2].T + back[:, 2])
