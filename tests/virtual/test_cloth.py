"""Cloth that is cut, laid off, hemmed and hung."""

import numpy as np
import pytest

from apvg_core.virtual.body.cloth import Cloth
from apvg_core.virtual.body.hang import Hang


def sheet(steps: int = 4) -> Cloth:
    """The square [0, 1]² in the x-y plane, facing +z, moved by one bone at x = 0 and by another at x = 1."""
    x, y = np.meshgrid(np.linspace(0, 1, steps + 1), np.linspace(0, 1, steps + 1))
    vertices = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    k = np.arange((steps + 1) ** 2).reshape(steps + 1, steps + 1)
    a, b, c, d = k[:-1, :-1].ravel(), k[:-1, 1:].ravel(), k[1:, 1:].ravel(), k[1:, :-1].ravel()
    faces = np.vstack([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return Cloth(vertices, vertices, np.stack([1 - x.ravel(), x.ravel()], axis=1), faces)


def area(cloth: Cloth) -> float:
    corners = cloth.vertices[cloth.faces]
    return float(
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
        / 2
    )


def test_a_cut_is_as_crisp_as_its_field() -> None:
    cloth = sheet()
    piece = cloth.cut(0.61 - cloth.canvas[:, 0] - 0.3 * cloth.canvas[:, 1])
    x, y, _ = piece.vertices.T
    assert (x + 0.3 * y).max() == pytest.approx(0.61)
    assert area(piece) == pytest.approx((0.61 + 0.31) / 2)
    np.testing.assert_allclose(piece.normals[:, 2], 1, atol=1e-12)
    np.testing.assert_allclose(piece.weights[:, 1], x, atol=1e-12)
    assert set(np.unique(piece.faces)) == set(range(len(piece.vertices)))


def test_nothing_is_left_of_what_is_cut_away() -> None:
    cloth = sheet()
    assert len(cloth.cut(np.full(len(cloth.vertices), -1.0)).faces) == 0
    assert area(cloth.cut(np.ones(len(cloth.vertices)))) == pytest.approx(1)


def test_finer_cloth_is_the_same_cloth() -> None:
    cloth = sheet(2)
    fine = cloth.subdivided()
    assert len(fine.faces) == 4 * len(cloth.faces)
    assert len(fine.vertices) == 25
    assert area(fine) == pytest.approx(1)
    np.testing.assert_allclose(fine.weights.sum(axis=1), 1)


def test_smoothing_flattens() -> None:
    cloth = sheet(6)
    bumps = [0, 0, 0.1] * (np.arange(49) % 2)[:, None]
    rough = Cloth(cloth.vertices + bumps, cloth.canvas, cloth.weights, cloth.faces)
    inside = np.all((cloth.canvas[:, :2] > 0.01) & (cloth.canvas[:, :2] < 0.99), axis=1)
    smooth = rough.smoothed(0.5 * inside, 10)
    assert np.ptp(smooth.vertices[inside, 2]) < 0.4 * np.ptp(rough.vertices[inside, 2])
    np.testing.assert_array_equal(smooth.vertices[~inside], rough.vertices[~inside])


def test_a_hem_turns_all_edges_inwards() -> None:
    hemmed = sheet(3).laid_off(0.2).hemmed(0.05)
    assert hemmed.vertices[:, 2].max() == pytest.approx(0.2)
    assert hemmed.vertices[:, 2].min() == pytest.approx(0.15)
    assert area(hemmed) == pytest.approx(1 + 4 * 0.05)
    rim = hemmed.vertices[:, 2] < 0.16
    outwards = hemmed.vertices[rim, :2] - 0.5
    assert np.einsum("ij,ij->i", hemmed.normals[rim, :2], outwards).min() > 0, "seen from outside"


def test_a_surface_keeps_the_strongest_bones() -> None:
    cloth = sheet(1)
    five = Cloth(cloth.vertices, cloth.canvas, np.tile([0.4, 0.1, 0.2, 0.05, 0.25], (4, 1)), cloth.faces)
    surface = five.surface("shirt")
    np.testing.assert_array_equal(surface.bones[0], [0, 4, 2, 1])
    np.testing.assert_allclose(surface.weights[0], np.array([0.4, 0.25, 0.2, 0.1]) / 0.95)


def test_cloth_hangs_from_what_is_widest() -> None:
    """Around a body that is a ring of 0.3 m above one of 0.1 m."""
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([np.sin(turn), 0 * turn, np.cos(turn)], axis=1)
    body = np.vstack([0.3 * ring + [0, 1.0, 0], 0.1 * ring + [0, 0.5, 0]])
    hang = Hang.of(body, np.array([1.0, 0.5]), inwards=0.2, axis=np.zeros(2))
    _, radius = hang.at(np.array([1.0, 0.5, 0.75]), np.array([0.0, 1.0, 4.0]))
    np.testing.assert_allclose(radius, [0.3, 0.2, 0.25], rtol=0.01)  # 0.2 m narrower a metre
    half = hang.drape(body[40:], np.full(40, 0.5))
    np.testing.assert_allclose(np.linalg.norm(half[:, [0, 2]], axis=1), 0.15, rtol=0.01)
    np.testing.assert_array_equal(half[:, 1], 0.5)


def test_cloth_bridges_what_is_hollow() -> None:
    """Between two legs the hull is straight."""
    legs = np.array([[x + dx, 0.0, dz] for x in (-0.1, 0.1) for dx in (-0.05, 0.05) for dz in (-0.05, 0.05)])
    hang = Hang.of(legs, np.array([0.0]), inwards=0.0)
    _, radius = hang.at(np.zeros(2), np.array([0.0, np.pi / 2]))
    np.testing.assert_allclose(radius, [0.05, 0.15], rtol=0.02)
