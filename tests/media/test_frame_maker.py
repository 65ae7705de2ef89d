"""Frames in a codec's pixel format, alone and inset."""

import av
import numpy as np
import pytest

from apvg_core.media.frame_maker import FrameMaker, Inset

RNG = np.random.default_rng(0)


def plane(frame: av.VideoFrame, number: int, dtype: type = np.uint8) -> np.ndarray:
    """One plane of a frame."""
    plane = frame.planes[number]
    rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
    return rows[:, : plane.width]


def test_a_square_is_in_its_place_and_the_still_about_it() -> None:
    still, square = (RNG.integers(0, 256, (*size, 3), np.uint8) for size in ((24, 40), (16, 16)))
    frame = FrameMaker("rgb24", Inset(still, left=12, top=8, side=16)).make(square).to_ndarray()
    np.testing.assert_array_equal(frame[8:24, 12:28], square)
    frame[8:24, 12:28] = still[8:24, 12:28]
    np.testing.assert_array_equal(frame, still)


def test_each_frame_is_one_of_its_own() -> None:
    """An encoder may still hold the frame before."""
    maker = FrameMaker("yuv420p", Inset(np.zeros((16, 16, 3), np.uint8), left=0, top=0, side=16))
    dark, bright = (maker.make(np.full((8, 8, 3), level, np.uint8)) for level in (0, 255))
    assert plane(dark, 0).max() == 16
    assert plane(bright, 0).min() == 235


def test_chroma_planes_are_as_coarse_as_the_codec_has_them() -> None:
    """Red in BT.709's limited range is (63, 102, 240), blue (32, 240, 118)."""
    still = np.full((12, 20, 3), (0, 0, 255), np.uint8)
    red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    frame = FrameMaker("yuv420p", Inset(still, left=8, top=4, side=8)).make(red)
    for number, inside, outside, step in ((0, 63, 32, 1), (1, 102, 240, 2), (2, 240, 118, 2)):
        values = plane(frame, number).astype(int)
        expected = np.full(values.shape, outside)
        expected[4 // step : 12 // step, 8 // step : 16 // step] = inside
        np.testing.assert_allclose(values, expected, atol=1)


@pytest.mark.parametrize(("opacity", "grey"), [(0, 200), (255, 100), (128, 150), (1, 200), (200, 122)])
def test_a_still_is_seen_through_a_square(opacity: int, grey: int) -> None:
    """100 before 200 at 128 / 255 is 200 - 100 * 128 / 255 = 149.8; at 200 / 255 it is 121.6."""
    square = np.full((4, 4, 4), (100, 100, 100, opacity), np.uint8)
    still = np.full((8, 8, 3), 200, np.uint8)
    frame = FrameMaker("rgb24", Inset(still, left=2, top=2, side=4)).make(square).to_ndarray()
    assert (frame[2:6, 2:6] == grey).all()
    assert (frame[:2] == 200).all()


def test_a_still_is_seen_through_a_square_of_ten_bits() -> None:
    """White before black, half of it: limited range goes from 64 to 940, so (64 + 940) / 2 = 502."""
    square = np.full((8, 8, 4), 255, np.uint8)
    square[:, 4:, 3], square[:4, :, 3] = 0, 128
    still = np.zeros((8, 8, 3), np.uint8)
    luma = plane(FrameMaker("yuv444p10le", Inset(still, left=0, top=0, side=8)).make(square), 0, np.uint16)
    np.testing.assert_allclose(luma[:4], 502, atol=4)
    np.testing.assert_allclose(luma[4:, :4], 940, atol=1)
    np.testing.assert_allclose(luma[4:, 4:], 64, atol=1)


@pytest.mark.parametrize("pixels", ["rgba", "yuva420p", "yuva444p10le"])
def test_a_codec_with_transparency_keeps_it(pixels: str) -> None:
    opacity = np.repeat(np.array([0, 255], np.uint8), 8)
    square = np.full((16, 16, 4), 200, np.uint8)
    square[..., 3] = opacity
    inset = Inset(np.zeros((32, 16, 4), np.uint8), left=0, top=16, side=16)
    for frame, top in ((FrameMaker(pixels).make(square), 0), (FrameMaker(pixels, inset).make(square), 16)):
        decoded = frame.reformat(format="rgba", threads=1).to_ndarray()
        assert (decoded[top : top + 16, :8, 3] == 0).all()
        assert (decoded[top : top + 16, 8:, 3] == 255).all()
        assert (decoded[:top, :, 3] == 0).all()
