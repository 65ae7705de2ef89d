"""Images that show how a training is doing."""

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.drawing.heatmaps import draw_heatmaps
from apvg_core.drawing.images import grid, to_images
from apvg_core.drawing.skeletons import draw_skeleton, draw_skeletons

Floats = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]

SKELETON_EDGE = 256
FRAME_EDGE = 192
COARSE_EDGE = 128


def compare_skeletons(real_tp2: Floats, visible_tp: npt.NDArray[np.bool_], predicted_tp2: Floats) -> Images:
    """Draw real skeletons above predicted ones, at five moments.

    Args:
        real_tp2: Real keypoints in [0, 1], (t, 60, 2).
        visible_tp: Joints that were seen, (t, 60).
        predicted_tp2: Predicted keypoints in [0, 1], (t, 60, 2).

    Returns:
        One image, (512, 1280, 3).
    """
    moments = np.linspace(0, len(real_tp2) - 1, 5).round().astype(int)
    real = np.zeros((len(moments), SKELETON_EDGE, SKELETON_EDGE, 3), np.uint8)
    for image, t in zip(real, moments, strict=True):
        draw_skeleton(image, real_tp2[t], visible_tp[t])
    return grid([list(real), list(draw_skeletons(predicted_tp2[moments], SKELETON_EDGE))])


def compare_frames(
    real_t3hw: Floats, keypoints_tp2: Floats | None, coarse_t3hw: Floats | None, generated_t3hw: Floats
) -> Images:
    """Draw rows of frames: real, heatmap, coarse, final (those that there are).

    Args:
        real_t3hw: Real frames in [0, 1], (t, 3, h, w).
        keypoints_tp2: Keypoints in [0, 1], (t, 60, 2), or None.
        coarse_t3hw: Coarse frames in [0, 1], (t, 3, h', w'), or None.
        generated_t3hw: Generated frames in [0, 1], (t, 3, h, w).

    Returns:
        One image, (rows * 192, t * 192, 3).
    """
    heatmaps = None if keypoints_tp2 is None else draw_heatmaps(keypoints_tp2, FRAME_EDGE)
    coarse = None if coarse_t3hw is None else _images(coarse_t3hw)
    rows = [_images(real_t3hw), heatmaps, coarse, _images(generated_t3hw)]
    return grid([[_scaled(image, FRAME_EDGE) for image in row] for row in rows if row is not None])


def compare_coarse(real_t3hw: Floats, coarse_t3hw: Floats) -> Images:
    """Draw real frames above coarse ones, both (t, 3, h, w) in [0, 1], as one image (256, t * 128, 3)."""
    rows = (_images(real_t3hw), _images(coarse_t3hw))
    return grid([[_scaled(image, COARSE_EDGE) for image in row] for row in rows])


def _images(frames_t3hw: Floats) -> Images:
    return to_images(frames_t3hw.transpose(0, 2, 3, 1))


def _scaled(image: Images, edge: int) -> Images:
    return np.asarray(cv2.resize(image, (edge, edge), interpolation=cv2.INTER_AREA))
