"""Images of a training on held-out footage."""

import numpy as np
import pytest

from apvg_core.drawing.validation import compare_coarse, compare_frames, compare_skeletons


@pytest.mark.parametrize("count", [1, 5, 8])
def test_a_strip_has_a_row_for_what_there_is(count: int) -> None:
    frames, keypoints = np.ones((count, 3, 64, 64), np.float32), np.zeros((count, 60, 2), np.float32)
    image = compare_frames(0 * frames, keypoints, frames[:, :, ::4, ::4], frames)
    assert image.shape == (4 * 192, 192 * count, 3)
    assert not image[:192].any()
    assert (image[2 * 192 :] == 255).all()
    assert compare_frames(frames, None, None, frames).shape == (2 * 192, 192 * count, 3)


def test_coarse_frames_lie_below_the_real_ones() -> None:
    real = np.zeros((8, 3, 16, 16), np.float32)
    image = compare_coarse(real, real + 1)
    assert image.shape == (256, 8 * 128, 3)
    assert not image[:128].any()
    assert (image[128:] == 255).all()


def test_predicted_skeletons_lie_below_the_real_ones() -> None:
    keypoints = np.random.default_rng(0).random((20, 60, 2)).astype(np.float32)
    image = compare_skeletons(keypoints, np.zeros((20, 60), bool), keypoints)
    assert image.shape == (512, 1280, 3)
    assert not image[:256].any()
    assert image[256:].any()
