"""The camera, what stands on the stage, and the image of it."""

from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from apvg_core.errors import DependencyError
from apvg_core.virtual.instruments.mesh import Mesh, box, ellipsoid
from apvg_core.virtual.stage.materials import MATERIALS, NUMBER, palette
from apvg_core.virtual.stage.render import Camera, Renderer, Surface
from apvg_core.virtual.stage.scene import moved_by, rigid

CAMERA = Camera(np.array([0.0, 0.0, 4.0]), np.zeros(3), 90.0)
PAINT = {"tie_width": 0.02, "opening": 0.25}
STILL = np.eye(4)[None]


def test_projection_by_hand() -> None:
    """At 90 degrees and 4 metres the image is 8 metres high."""
    points = np.array([[0.0, 0, 0], [4, 4, 0], [-2, 0, 0]])
    np.testing.assert_allclose(CAMERA.project(points), [[0.5, 0.5], [1, 0], [0.25, 0.5]], atol=1e-12)
    np.testing.assert_allclose(CAMERA.project(np.array([4.0, 0, 0]), aspect=2.0), [0.75, 0.5])


def test_a_boxs_edges_stay_sharp_and_a_balls_smooth() -> None:
    sharp = rigid(box((1.0, 1.0, 1.0), "brass"), 0)
    assert len(sharp.vertices) == 24
    assert np.sort(np.abs(sharp.normals), axis=1)[:, :2].max() < 1e-9
    ball = ellipsoid((1.0, 1.0, 1.0), 24, "brass")
    smooth = rigid(ball, 0)
    assert len(smooth.vertices) == len(ball.vertices)
    assert np.einsum("ij,ij->i", smooth.normals, smooth.vertices).min() > 0.99


def test_moved_by_takes_axes_and_origin() -> None:
    axes = np.array([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]])
    matrix = moved_by(axes, np.array([[1.0, 2, 3]]))[0]
    np.testing.assert_allclose(matrix @ [1, 0, 0, 1], [1, 3, 3, 1])


def test_a_palette_replaces_colours_in_linear_light() -> None:
    colours = palette({"skin": (0.5, 0.0, 1.0)})
    np.testing.assert_allclose(colours[NUMBER["skin"]], [0.5**2.2, 0, 1])
    assert len(colours) == len(MATERIALS)


def images(surfaces: list[Surface], *frames: np.ndarray) -> Iterator[np.ndarray]:
    renderer = Renderer(surfaces, palette=palette({}), paint=PAINT, camera=CAMERA, width=64, height=64)
    try:
        for matrices in frames:
            yield renderer.draw(matrices).astype(int)
    finally:
        renderer.close()


def test_a_image_shows_what_is_there_where_it_is() -> None:
    ball = rigid(ellipsoid((1.0, 1.0, 1.0), 24, "shirt"), 0)
    aside = np.eye(4)
    aside[0, 3] = 2.0
    middle, right = images([ball], STILL, aside[None])
    assert middle[32, 32].min() > 90
    assert middle[2, 2].max() == 0
    assert right[32, 32].max() == 0
    assert right[32, 48].min() > 90


def test_nearer_things_hide_what_is_behind_and_shade_it() -> None:
    wall = Mesh(
        np.array([[-4.0, -4, -1], [4, -4, -1], [4, 4, -1], [-4, 4, -1]]),
        np.array([[0, 1, 2], [0, 2, 3]]),
        "shirt",
    )
    ball = ellipsoid((0.5, 0.5, 0.5), 16, "tie")
    (alone,) = images([rigid(wall, 0)], STILL)
    (both,) = images([rigid(wall, 0), rigid(ball, 0)], STILL)
    assert both[32, 32, 1] < alone[32, 32, 1] - 100, "the ball is in front"
    darker = (both[..., 1] < alone[..., 1] - 30).sum()
    covered = (np.abs(both - alone).max(axis=2) > 100).sum()
    assert darker > 1.3 * covered, "and throws a shadow beside itself"


def test_without_opengl_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**settings: object) -> None:
        raise Exception("libEGL.so.1 not loaded")

    monkeypatch.setattr(moderngl, "create_context", refuse)
    with pytest.raises(DependencyError, match="libegl1"):
        list(images([rigid(box((1.0, 1.0, 1.0), "brass"), 0)], STILL))
