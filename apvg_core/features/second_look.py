"""A second look for hands that the first one missed.

Hands are small in an image of a player, half of each is hidden by an instrument, and a bowing hand is
blurred. In an enlarged piece of the image around the wrist many are found after all. They are judged by
their place alone: which hand it is MediaPipe often gets wrong for a hand around a neck or a slide.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.features.hand_finder import FoundHand, HandFinder, MediaPipeHands
from apvg_core.features.place import (
    ARMS,
    LEFT,
    RIGHT,
    Arm,
    Array,
    forearm_length,
    in_place,
    root_distance,
    same_hand,
)
from apvg_core.features.pose import HolisticEstimator, Pose, PoseEstimator

AHEAD: Final = 0.3
"""The piece's centre lies this far beyond the wrist, in forearms."""

LEAST_CONFIDENCE: Final = 0.1
"""Of a hand that is in its place, however much MediaPipe holds it for the other one."""


@dataclass(frozen=True)
class Look:
    """How a piece is cut out.

    Attributes:
        size: Its edge, in forearms.
        pixels: Its edge, once enlarged.
        turned: The forearm points up in it, as the detector of palms likes best.
    """

    size: float
    pixels: int
    turned: bool


LOOKS: Final = (Look(2.2, 384, True), Look(2.2, 384, False), Look(3.0, 384, True), Look(1.6, 256, False))
"""In this order, until one shows the hand; each finds hands that the others miss."""


def estimator_of_films() -> PoseEstimator:
    """The estimator for the frames of one film, in order.

    Raises:
        DependencyError: MediaPipe is not installed.
    """
    return SecondLook(HolisticEstimator(video=True))


class SecondLook:
    """Another estimator, whose missed and misplaced hands are looked for once more.

    It remembers nothing itself: a frame's result depends on the frames before only as far as `first`'s does.

    Args:
        first: Finds the body, and most hands; closed together with this.
        finder: Finds the others; MediaPipe's if not given.

    Attributes:
        recovered: How many left and how many right hands were found on second sight so far. Their
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
        confidence = pose.confidence.copy()
        for arm in _misplaced(pixels):
            pixels[arm.hand], confidence[arm.hand] = np.nan, 0
        for side, arm in enumerate(ARMS):
            if np.isnan(pixels[arm.hand]).all():
                hand = self._look(frame, pixels, arm)
                if hand is not None:
                    inside = ((hand.joints >= 0) & (hand.joints <= size)).all(axis=1)
                    pixels[arm.hand] = np.where(inside[:, None], hand.joints, np.nan)
                    confidence[arm.hand] = np.where(inside, _confidence(hand, arm), 0)
                    self.recovered[side] += 1
        return Pose((pixels / size).astype(np.float32), confidence)

    def close(self) -> None:
        """Release the threads and memory of both."""
        self._finder.close()
        self._first.close()

    def _look(self, frame: npt.NDArray[np.uint8], pixels: Array, arm: Arm) -> FoundHand | None:
        """Look for the hand of `arm`; its joints are in the frame's pixels."""
        if np.isnan(pixels[arm.wrist]).any() or not forearm_length(pixels) >= 1:
            return None
        other = pixels[(RIGHT if arm is LEFT else LEFT).hand]
        for look in LOOKS:
            to_piece = _transform(look, pixels, arm)
            piece = cv2.warpAffine(frame, to_piece, (look.pixels, look.pixels), flags=cv2.INTER_CUBIC)
            hands = [_back(hand, to_piece, look) for hand in self._finder(np.asarray(piece, np.uint8))]
            hands = [
                hand for hand in hands
                if in_place(hand.joints, pixels, arm) and not same_hand(hand.joints, other, pixels)
            ]  # fmt: skip
            if hands:
                return min(hands, key=lambda hand: float(root_distance(hand.joints, pixels, arm)))
        return None


def _misplaced(pixels: Array) -> list[Arm]:
    """The arms whose hand is not theirs."""
    wrong = [arm for arm in ARMS if not in_place(pixels[arm.hand], pixels, arm)]
    if not wrong and same_hand(pixels[LEFT.hand], pixels[RIGHT.hand], pixels):
        wrong = [max(ARMS, key=lambda arm: float(root_distance(pixels[arm.hand], pixels, arm)))]
    return wrong


def _confidence(hand: FoundHand, arm: Arm) -> float:
    return max(LEAST_CONFIDENCE, hand.leftness if arm is LEFT else 1 - hand.leftness)


def _transform(look: Look, pixels: Array, arm: Arm) -> Array:
    """What maps the frame's pixels to the piece's [shape=(2, 3)]."""
    forearm = np.nan_to_num(pixels[arm.wrist] - pixels[arm.elbow])
    length = float(np.linalg.norm(forearm))
    unit = float(forearm_length(pixels))
    ahead = forearm / length if length > 0 else np.zeros(2)
    centre = pixels[arm.wrist] + AHEAD * unit * ahead
    x, y = ahead if look.turned and length > 0 else (0.0, -1.0)
    turn = look.pixels / (look.size * unit) * np.array([[-y, x], [-x, -y]])
    return np.hstack([turn, look.pixels / 2 - (turn @ centre)[:, None]])


def _back(hand: FoundHand, to_piece: Array, look: Look) -> FoundHand:
    """A hand found in the piece, in the frame's pixels."""
    back = cv2.invertAffineTransform(to_piece)
    return replace(hand, joints=hand.joints * look.pixels @ back[:, :2].T + back[:, 2])
