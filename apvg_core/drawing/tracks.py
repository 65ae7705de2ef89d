"""Tracks: where neck and hands are over time."""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.drawing.skeletons import colour_of
from apvg_core.drawing.sticks import Colour, Floats, draw_stick
from apvg_core.drawing.text import draw_text
from apvg_core.skeleton import BODY_JOINTS, LEFT_HAND, RIGHT_HAND

JOINTS: Final = {
    "neck": BODY_JOINTS.index("neck"), "left hand": LEFT_HAND.start, "right hand": RIGHT_HAND.start
}  # fmt: skip
"""The joints whose tracks are drawn."""

HEIGHT: Final = 90
WIDTH: Final = 1280

_WHITE: Final[Colour] = (255, 255, 255)
_GREY: Final[Colour] = (160, 160, 160)

Mask = npt.NDArray[np.bool_]


def draw_track(
    plot_hw3: npt.NDArray[np.uint8], heights_t: Floats, drawn_t: Mask, colour: Colour, radius: float
) -> None:
    """Draw a line from left to right into a plot (h, w, 3).

    Args:
        plot_hw3: The plot, (h, w, 3).
        heights_t: How far down it is at each frame, in pixels, (t,).
        drawn_t: Frames at which it is drawn, (t,).
        colour: RGB.
        radius: Half of its width in pixels.
    """
    across = np.linspace(0, plot_hw3.shape[1] - 1, len(heights_t))
    points = np.column_stack([across, heights_t]).astype(np.float32)
    for k in np.flatnonzero(drawn_t[:-1] & drawn_t[1:]):
        draw_stick(plot_hw3, points[k], points[k + 1], colour, radius)


def compare_tracks(real_tp2: Floats, visible_tp: Mask, predicted_tp2: Floats) -> npt.NDArray[np.uint8]:
    """Draw real tracks in colour and predicted ones in white, a strip for each joint's x and y.

    Args:
        real_tp2: Real keypoints, (t, 60, 2).
        visible_tp: Joints that were seen, (t, 60).
        predicted_tp2: Predicted keypoints, (t, 60, 2).

    Returns:
        One image, (6 * HEIGHT, WIDTH, 3).
    """
    strips = []
    everywhere = np.ones(len(real_tp2), bool)
    for name, joint in JOINTS.items():
        for axis in (0, 1):
            both = np.stack([real_tp2[:, joint, axis], predicted_tp2[:, joint, axis]])
            low, high = np.percentile(both, [1, 99])
            heights = 24 + np.clip((both - low) / max(high - low, 0.02), -0.1, 1.1) * (HEIGHT - 32)
            strip = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            draw_text(strip, f"{name}, {'xy'[axis]}", (6, 14), _GREY)
            draw_track(strip, heights[0], visible_tp[:, joint], colour_of(joint), 1.5)
            draw_track(strip, heights[1], everywhere, _WHITE, 0.5)
            strips.append(strip)
    return np.concatenate(strips)
