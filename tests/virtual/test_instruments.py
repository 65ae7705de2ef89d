import numpy as np
import pytest

from apvg_core.virtual.instruments.cello import (
    BOW_DISTANCE,
    BRIDGE_HEIGHT,
    STRING_LENGTH,
    bow_angle,
    bow_point,
    cello,
    string_point,
)
from apvg_core.virtual.instruments.cello_body import BOTTOM, TOP, outline
from apvg_core.virtual.instruments.cello_bow import bow
from apvg_core.virtual.instruments.chair import SEAT_HEIGHT, chair
from apvg_core.virtual.instruments.mesh import (
    Mesh,
    box,
    ellipsoid,
    extrude,
    frame,
    inset_outline,
    loft,
    merge,
    revolve,
    triangulate,
    tube,
)
from apvg_core.virtual.instruments.outlines import arc, bezier, through
from apvg_core.virtual.instruments.trombone import BELL_RADIUS, TENOR, Trombone, trombone
from apvg_core.virtual.stage.materials import MATERIALS

STAR = np.array([(np.cos(t), np.sin(t)) for t in np.arange(10) * np.pi / 5]) * np.tile([2.0, 0.8], 5)[:, None]


def polygon_area(points: np.ndarray) -> float:
    x, y = points.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def assert_closed(mesh: Mesh) -> None:
    """Every edge is walked as often one way as the other, so the surface has no hole and one outside."""
    edges = np.concatenate([mesh.faces[:, [k, (k + 1) % 3]] for k in range(3)])
    size = len(mesh.vertices)
    there = np.bincount(edges[:, 0] * size + edges[:, 1], minlength=size * size)
    back = np.bincount(edges[:, 1] * size + edges[:, 0], minlength=size * size)
    assert np.array_equal(there, back)


def bounds(meshes: tuple[Mesh, ...]) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([mesh.vertices for mesh in meshes])
    return points.min(axis=0), points.max(axis=0)


def test_bezier_and_through_meet_their_points() -> None:
    controls = np.array([(0, 0), (1, 2), (3, 2), (4, 0)])
    assert np.allclose(bezier(controls, 2), [(0, 0), (2, 1.5), (4, 0)])
    assert np.allclose(through(controls, 5)[::5], controls)
    assert np.allclose(through([(0, 0), (1, 1), (2, 2)], 2)[:, 1], [0, 0.5, 1, 1.5, 2])
    assert np.allclose(arc((1, 0), (2, 0), (0, 3), np.array([0, np.pi / 2])), [(3, 0), (1, 3)])


def test_triangulate_fills_a_concave_polygon() -> None:
    triangles = triangulate(STAR)
    areas = [polygon_area(STAR[face]) for face in triangles]
    assert len(triangles) == len(STAR) - 2
    assert min(areas) > 0
    assert sum(areas) == pytest.approx(polygon_area(STAR))


def test_inset_moves_every_side_of_a_square_inwards() -> None:
    square = np.array([(0.0, 0.0), (4, 0), (4, 4), (0, 4)])
    assert np.allclose(inset_outline(square, 1), [(1, 1), (3, 1), (3, 3), (1, 3)])


def test_volumes_are_those_of_the_formulas() -> None:
    assert box((2, 3, 4), "brass").volume == pytest.approx(24)
    assert ellipsoid((1, 2, 3), 64, "brass").volume == pytest.approx(8 * np.pi, rel=0.01)
    assert revolve([(0, 0), (0, 1), (3, 0)], 128, "brass").volume == pytest.approx(np.pi, rel=1e-3)
    ring = np.array([(np.cos(t), 3 + np.sin(t)) for t in np.linspace(0, 2 * np.pi, 64, endpoint=False)])
    torus = revolve(ring, 64, "brass", closed=True)
    assert torus.volume == pytest.approx(6 * np.pi**2, rel=0.01)
    assert extrude(STAR[::-1], 0.5, "brass").volume == pytest.approx(0.5 * polygon_area(STAR))
    turns = np.linspace(0, np.pi, 65)
    bend = tube(arc((0, 0, 0), (5, 0, 0), (0, 5, 0), turns), 1.0, 64, "brass")
    assert bend.volume == pytest.approx(5 * np.pi**2, rel=0.01)


def test_rounding_takes_the_edges_off() -> None:
    sharp, round_ = box((2, 2, 1), "brass"), box((2, 2, 1), "brass", 0.2)
    assert 0.95 * sharp.volume < round_.volume < sharp.volume
    assert np.allclose(bounds((round_,)), bounds((sharp,)))


def test_a_tube_may_step_and_bend_without_twist() -> None:
    rod = tube([(0, 0, 0), (1, 0, 0), (1, 0, 0), (2, 0, 0)], [1, 1, 0.5, 0.5], 64, "brass")
    assert rod.volume == pytest.approx(1.25 * np.pi, rel=0.01)
    assert_closed(rod)


@pytest.mark.parametrize(
    "solid",
    [
        box((1, 2, 3), "brass", 0.1),
        ellipsoid((1, 1, 1), 12, "brass"),
        extrude(STAR, 1, "brass"),
        revolve([(0, 1), (1, 1), (1, 2), (0, 2)], 12, "brass", closed=True),
        tube([(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)], 0.1, 8, "brass"),
    ],
)
def test_solids_are_closed_and_welded(solid: Mesh) -> None:
    assert_closed(solid)
    assert solid.volume > 0
    assert len(np.unique(np.round(solid.vertices, 6), axis=0)) == len(solid.vertices)


def test_loft_turns_its_faces_outwards_whichever_way_the_rings_run() -> None:
    square = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], float)
    rings = np.array([square, square + np.array([0, 0, 1])])
    for order in (rings, rings[::-1], rings[:, ::-1]):
        assert loft(order, "brass").volume == pytest.approx(1)


def test_frame_and_merge() -> None:
    placed = box((2, 4, 6), "brass").moved(frame((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    assert np.allclose(bounds((placed,)), [(-2, -1, -2), (4, 1, 2)])
    parts = merge([placed, box((1, 1, 1), "chrome"), box((1, 1, 1), "brass")])
    assert [mesh.material for mesh in parts] == ["brass", "chrome"]
    assert parts[0].volume == pytest.approx(49)


@pytest.mark.parametrize(
    ("meshes", "budget"),
    [
        (trombone().fixed + trombone().slide, 9000),
        (cello().parts, 10500),
        (bow().parts, 1500),
        (chair(), 1000),
    ],
    ids=["trombone", "cello", "bow", "chair"],
)
def test_instruments_are_whole_and_within_their_budget(meshes: tuple[Mesh, ...], budget: int) -> None:
    assert sum(len(mesh.faces) for mesh in meshes) <= budget
    for mesh in meshes:
        assert mesh.material in MATERIALS
        assert np.isfinite(mesh.vertices).all()
        assert mesh.faces.min() == 0
        assert mesh.faces.max() == len(mesh.vertices) - 1
        assert mesh.volume > 0
        assert_closed(mesh)


@pytest.fixture(scope="module")
def tenor() -> Trombone:
    return trombone()


def test_trombone_is_where_its_lengths_say(tenor: Trombone) -> None:
    low, high = bounds(tenor.fixed)
    assert low[0] == pytest.approx(-TENOR.crook, abs=0.006)
    assert high[1] == pytest.approx(TENOR.bell_side + BELL_RADIUS, abs=0.003)
    _, end = bounds(tenor.slide)
    assert end[0] == pytest.approx(TENOR.slide_end, abs=0.012)
    assert np.allclose(tenor.left_grip, [0.058, 0, -0.0425])
    assert np.allclose(tenor.right_grip, [0.135, 0, -0.0425])
    assert np.allclose(tenor.bell, [0.32, 0.21, -0.085])


def test_trombone_slide_reaches_the_seventh_position(tenor: Trombone) -> None:
    chrome = next(mesh for mesh in tenor.fixed if mesh.material == "chrome")
    brass = next(mesh for mesh in tenor.slide if mesh.material == "brass")
    assert tenor.travel > 0.57
    assert brass.vertices[:, 0].min() + tenor.travel <= chrome.vertices[:, 0].max()


def test_trombone_mouthpiece_is_at_the_origin_and_hollow(tenor: Trombone) -> None:
    silver = next(mesh for mesh in tenor.fixed if mesh.material == "silver").vertices
    assert silver[:, 0].min() == 0
    axis = silver[np.hypot(silver[:, 1], silver[:, 2]) < 1e-6]
    assert axis[:, 0].min() == pytest.approx(0.022)


def test_string_point_is_the_string() -> None:
    nut, octave, bridge = string_point([[0], [1], [2], [3]], [0, 0.5, 1]).transpose(1, 0, 2)
    assert np.allclose(octave, (nut + bridge) / 2)
    assert np.allclose(np.linalg.norm(bridge - nut, axis=1), STRING_LENGTH, atol=0.001)
    assert np.allclose(bridge[:, 1], 0)
    assert bridge[:, 2].max() < BRIDGE_HEIGHT
    assert (np.diff(bridge[:, 0]) > 0).all(), "C is on the viewer's left"
    assert np.allclose(np.linalg.norm(np.diff(bridge, axis=0), axis=1), 0.0162, atol=1e-4)
    assert np.allclose(bridge * [-1, 1, 1], bridge[::-1])
    middle = string_point(1.5, 1)
    assert np.allclose(middle, [0, 0, BRIDGE_HEIGHT])
    assert string_point(np.zeros((5, 2)), 0.3).shape == (5, 2, 3)


def test_bow_plays_a_little_above_the_bridge() -> None:
    for string in range(4):
        away = np.linalg.norm(bow_point(string) - string_point(string, 1))
        assert away == pytest.approx(BOW_DISTANCE, abs=2e-4)


def test_bow_angle_touches_one_string_only() -> None:
    strings = np.arange(4)
    points, angles = bow_point(strings), bow_angle(strings)
    assert np.allclose(angles, -angles[::-1])
    assert (np.diff(angles) < 0).all()
    assert np.degrees(angles[0]) == pytest.approx(22, abs=1)
    for string, angle in zip(strings, angles, strict=True):
        above = np.array([-np.sin(angle), 0, np.cos(angle)])
        others = (points - points[string])[strings != string] @ above
        assert others.max() < -0.0015


def test_cello_has_the_usual_measures() -> None:
    edge = outline()
    width = np.ptp(edge, axis=0)
    assert width == pytest.approx([0.439, 0.755], abs=0.002)
    assert edge[:, 1].min() == BOTTOM
    assert edge[:, 1].max() == TOP
    upper, waist = edge[np.abs(edge[:, 1] - 0.27) < 0.02], edge[np.abs(edge[:, 1] - 0.055) < 0.01]
    assert np.ptp(upper[:, 0]) == pytest.approx(0.34, abs=0.005)
    assert np.ptp(waist[:, 0]) == pytest.approx(0.23, abs=0.005)
    instrument = cello(endpin=0.25)
    low, high = bounds(instrument.parts)
    assert low[1] == pytest.approx(BOTTOM - 0.25)
    assert instrument.floor == pytest.approx([0, BOTTOM - 0.25, -0.086])
    assert high[1] - BOTTOM == pytest.approx(1.22, abs=0.03)
    assert np.allclose(instrument.neck @ instrument.neck.T, np.eye(3))
    to_nut = string_point(1.5, 0) - string_point(1.5, 1)
    assert np.allclose(instrument.neck @ to_nut, [0, STRING_LENGTH, 0])


def test_bow_and_chair_are_where_they_are_held() -> None:
    played = bow()
    hair = next(mesh for mesh in played.parts if mesh.material == "horsehair")
    assert hair.vertices[:, 0].max() == pytest.approx(played.hair, abs=0.005)
    assert hair.vertices[:, 1].min() == 0
    wood = next(mesh for mesh in played.parts if mesh.material == "bow_wood").vertices
    assert np.linalg.norm(wood - played.grip, axis=1).min() < 0.03
    low, high = bounds(tuple(mesh for mesh in chair() if mesh.material == "chair"))
    seat = next(mesh for mesh in chair() if mesh.material == "chair").vertices
    assert seat[np.abs(seat[:, 2]) < 0.19][:, 1].max() == pytest.approx(SEAT_HEIGHT)
    assert low[2] < -0.2
    assert high[1] > 0.8
    assert bounds(chair())[0][1] == pytest.approx(0, abs=0.002)
