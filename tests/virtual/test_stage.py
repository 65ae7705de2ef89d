"""The camera, what stands on the stage, and the image of it."""

from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from apvg_core.errors import DependencyError
from apvg_core.virtual.instruments.mesh import Mesh, box, ellipsoid
from apvg_core.virtual.stage.camera import Camera
from apvg_core.virtual.stage.materials import MATERIALS, NUMBER, palette
from apvg_core.virtual.stage.render import Renderer, Surface
from apvg_core.virtual.stage.room import KINDS, Room, room_of
from apvg_core.virtual.stage.scene import moved_by, rigid

CAMERA = Camera(np.array([0.0, 0.0, 4.0]), np.zeros(3), 90.0)
PAINT = {"tie_width": 0.02, "opening": 0.25}
DARK = Room("curtain", (0, 0, 0), (0, 0, 0), (0, 0, 0), depth=3.0, turn=0.0, shift=0.0)
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


def images(
    surfaces: list[Surface], *frames: np.ndarray, camera: Camera = CAMERA, room: Room = DARK, size: int = 64
) -> Iterator[np.ndarray]:
    renderer = Renderer(
        surfaces, palette=palette({}), paint=PAINT, camera=camera, room=room, width=size, height=size
    )
    try:
        for matrices in frames:
            yield renderer.draw(matrices).astype(int)
    finally:
        renderer.close()


def test_an_image_shows_what_is_there_where_it_is() -> None:
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


FRONT = Camera(np.array([0.0, 1.2, 4.0]), np.array([0.0, 1.2, 0.0]), 14.0)
NOTHING = rigid(box((0.01, 0.01, 0.01), "rubber"), 0)


def test_a_room_belongs_to_a_number() -> None:
    assert room_of(3) == room_of(3)
    assert {room_of(number).kind for number in range(20)} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_room_is_behind_and_out_of_focus(kind: str) -> None:
    """Edges on the wall are spread over several pixels, those of what stands in front are not."""
    room = Room(kind, (0.6, 0.5, 0.4), (0.5, 0.2, 0.2), (0.6, 0.4, 0.3), depth=3.0, turn=0.1, shift=0.0)
    lifted = moved_by(np.eye(3)[None], np.array([[0.0, 1.2, 0.0]]))[0]
    block = rigid(box((0.3, 0.3, 0.3), "shirt").moved(lifted), 0)
    empty, full = (
        next(images([surface], STILL, camera=FRONT, room=room, size=128)) for surface in (NOTHING, block)
    )
    wall = empty[10:60].astype(float)
    assert wall.std(axis=(0, 1)).max() > 3, "it has a pattern"
    steps, edge = np.abs(np.diff(wall, axis=1)), np.abs(np.diff(full[50:70].astype(float), axis=1))
    assert np.percentile(steps, 99) < 40 < edge.max(), "lamps and window frames are blurred"
    assert np.abs(full[5:20] - empty[5:20]).max() == 0


def test_shadows_are_softer_the_farther_away_what_throws_them_is() -> None:
    """Of a plate over a table, seen from above: how many pixels lie half in its shadow."""
    above = Camera(np.array([0.0, 3.0, 0.3]), np.zeros(3), 45.0)
    table = box((4.0, 0.02, 4.0), "shirt")

    def half_lit(height: float) -> int:
        lifted = moved_by(np.eye(3)[None], np.array([[0.0, height, 0.0]]))[0]
        plate = rigid(box((0.6, 0.01, 0.6), "rubber").moved(lifted), 0)
        image = next(images([rigid(table, 0), plate], STILL, camera=above, size=160))[..., 1]
        bright, dark = np.percentile(image, 90), np.percentile(image[image > 60], 2)
        share = (image - dark) / (bright - dark)
        return int(((share > 0.2) & (share < 0.8) & (image > 60)).sum())

    assert half_lit(0.6) > 1.5 * half_lit(0.16)


def test_corners_are_darker_than_what_lies_open() -> None:
    """Ambient occlusion: on a table beside a wall that throws no shadow there."""
    above = Camera(np.array([0.0, 3.0, 0.3]), np.zeros(3), 45.0)
    table = rigid(box((4.0, 0.02, 4.0), "shirt"), 0)
    away = moved_by(np.eye(3)[None], np.array([[-0.8, 0.15, 0.0]]))[0]  # the key light comes from there
    block = rigid(box((0.3, 0.3, 0.3), "rubber").moved(away), 0)
    alone, beside = (
        next(images(list(surfaces), STILL, camera=above, size=160))[..., 1]
        for surfaces in ((table,), (table, block))
    )
    column = int(160 * above.project(np.array([-0.98, 0.01, 0.0]))[0])
    far = int(160 * above.project(np.array([-1.2, 0.01, 0.0]))[0])
    assert beside[80, column] < alone[80, column] - 5
    assert abs(beside[80, far] - alone[80, far]) <= 1


def test_the_floor_of_the_room_takes_shadows() -> None:
    room = Room("curtain", (0, 0, 0), (0, 0, 0), (0.8, 0.7, 0.6), depth=3.0, turn=0.0, shift=0.0)
    lifted = moved_by(np.eye(3)[None], np.array([[0.0, 0.6, 0.0]]))[0]
    ball = rigid(ellipsoid((0.3, 0.3, 0.3), 16, "shirt").moved(lifted), 0)
    low = Camera(np.array([0.0, 1.6, 4.0]), np.array([0.0, 0.5, 0.0]), 45.0)
    empty, full = (next(images([s], STILL, camera=low, room=room, size=128)) for s in (NOTHING, ball))
    # the key light comes from the camera's upper left
    x, y = (128 * low.project(np.array([0.25, 0.0, -0.45]))).astype(int)
    assert full[y, x, 1] < 0.85 * empty[y, x, 1]
