"""A square in a larger picture."""

import numpy as np
import pytest

from apvg_core.generation.surroundings import place, seam, surround


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1080, 1920), (0, 840, 1080)), ((1920, 1080), (420, 0, 1080)), ((256, 256), (0, 0, 256)),
     ((1282, 720), (280, 0, 720)), ((64, 4096), (0, 4032, 64))],
)  # fmt: skip
def test_the_place_of_the_square(size: tuple[int, int], expected: tuple[int, int, int]) -> None:
    assert place(*size) == expected


def square() -> np.ndarray:
    """A wall with a gradient and noise, of which the right edge is red."""
    wall = np.tile(np.linspace(90, 160, 64)[:, None, None], (1, 64, 3))
    wall += np.random.default_rng(0).normal(0, 2, wall.shape)
    wall[:, -4:] = (200, 40, 40)
    return wall.astype(np.uint8)


@pytest.mark.parametrize("size", [(128, 64), (64, 128), (320, 180), (180, 320)])
def test_the_edges_go_on_without_a_step(size: tuple[int, int]) -> None:
    width, height = size
    inset = surround(square(), width, height)
    still = inset.still.astype(int)
    assert still.shape == (height, width, 3)
    side, left, top = inset.side, inset.left, inset.top
    if left:
        for column in (left, left + side):
            assert np.abs(still[:, column] - still[:, column - 1]).mean() < 4
        # beyond the red edge it stays reddish for long, and what is far is soft
        assert (still[:, -1, 0] > still[:, -1, 1] + 30).all()
        assert np.abs(np.diff(still[:, :left], axis=0)).max() < 12
    if top:
        assert np.abs(still[top] - still[top - 1]).mean() < 4
        assert np.abs(np.diff(still[: top // 2], axis=1)).max() < 12


def test_a_square_canvas_is_the_square() -> None:
    np.testing.assert_array_equal(surround(square(), 64, 64).still, square())


def test_a_frame_fades_only_at_edges_inside_the_picture() -> None:
    wide, tall = (seam(64, surround(square(), *size)) for size in ((128, 64), (64, 128)))
    np.testing.assert_allclose(wide[:, :3, 0], np.tile([0.25, 0.75, 1], (64, 1)))
    np.testing.assert_allclose(wide[:, -2:, 0], np.tile([0.75, 0.25], (64, 1)))
    np.testing.assert_allclose(tall[:3, :, 0], np.tile([[0.25], [0.75], [1]], (1, 64)))
    assert (tall[3:] == 1).all()
    assert (seam(64, surround(square(), 64, 64)) == 1).all()
