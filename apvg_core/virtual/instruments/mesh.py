"""Triangle meshes, and the solids that instruments and furniture are made of."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """A surface of one material.

    Attributes:
        vertices: (V, 3) metres.
        faces: (F, 3) indices of vertices, counter-clockwise as seen from outside.
        material: A name that `materials.py` knows.
    """

    vertices: Array
    faces: Faces
    material: str

    @property
    def volume(self) -> float:
        """Cubic metres inside a closed surface; negative if it is inside out."""
        a, b, c = self.vertices[self.faces].transpose(1, 0, 2)
        return float(np.einsum("fi,fi->", a, np.cross(b, c)) / 6)

    def moved(self, matrix: Array) -> Self:
        """The mesh after an affine map [shape=(4, 4)] that keeps orientation."""
        return replace(self, vertices=self.vertices @ matrix[:3, :3].T + matrix[:3, 3])


def frame(
    origin: npt.ArrayLike = (0, 0, 0), x: npt.ArrayLike = (1, 0, 0), y: npt.ArrayLike = (0, 1, 0)
) -> Array:
    """The map [shape=(4, 4)] that takes the axes to `x`, `y` (unit, orthogonal) and x × y at `origin`."""
    matrix = np.eye(4)
    right, up, start = (np.asarray(row, float) for row in (x, y, origin))
    matrix[:3] = np.stack([right, up, np.cross(right, up), start], axis=1)
    return matrix


def merge(meshes: Iterable[Mesh]) -> tuple[Mesh, ...]:
    """Merge surfaces into one mesh for each material."""
    by_material: dict[str, list[Mesh]] = {}
    for mesh in meshes:
        by_material.setdefault(mesh.material, []).append(mesh)
    return tuple(_joined(group) for group in by_material.values())


def loft(rings: Array, material: str, lid: Faces | None = None, closed: bool = False) -> Mesh:
    """The solid inside a skin over rings of points.

    Points that coincide become one, so a ring may shrink to a point or fold up into a line. The rings may run
    either way round: faces are turned outwards at the end.

    Args:
        rings: (M, N, 3) metres.
        material: Material of the mesh.
        lid: (T, 3) triangles over the N points, which close the first and the last ring; by default a fan.
        closed: Join the last ring to the first, with no lids.
    """
    count, around = rings.shape[:2]
    index = np.arange(count * around).reshape(count, around)
    near = index if closed else index[:-1]
    far = np.roll(index, -1, axis=0) if closed else index[1:]
    faces = [
        np.stack([near, np.roll(near, -1, 1), np.roll(far, -1, 1)], -1),
        np.stack([near, np.roll(far, -1, 1), far], -1),
    ]
    if not closed:
        fan = np.stack([np.zeros(around - 2, int), np.arange(1, around - 1), np.arange(2, around)], -1)
        lid = fan if lid is None else lid
        faces += [index[0][lid[:, ::-1]], index[-1][lid]]
    return _solid(rings.reshape(-1, 3), np.concatenate([part.reshape(-1, 3) for part in faces]), material)


def revolve(profile: npt.ArrayLike, segments: int, material: str, closed: bool = False) -> Mesh:
    """The solid that a profile sweeps around the x axis.

    Args:
        profile: (N, 2) position along the axis, radius; metres.
        segments: Sides of the circle.
        material: Material of the mesh.
        closed: The profile is a loop: what it sweeps is a ring, not a body with two ends.
    """
    along, radius = np.asarray(profile, float).T
    circle = _circle(segments)
    rings = np.empty((len(along), segments, 3))
    rings[..., 0] = along[:, None]
    rings[..., 1:] = radius[:, None, None] * circle
    return loft(rings, material, closed=closed)


def tube(path: npt.ArrayLike, radii: npt.ArrayLike, segments: int, material: str) -> Mesh:
    """A round rod along a path, with flat ends.

    Args:
        path: (N, 3) metres. Two neighbours may coincide, where the radius steps.
        radii: One radius, or (N,).
        segments: Sides of the circle.
        material: Material of the mesh.
    """
    points = np.asarray(path, float)
    tangents = np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    # Each frame is the one before it, turned as little as possible: no twist along the rod.
    side = np.eye(3)[np.argmin(np.abs(tangents[0]))]
    sides = np.empty_like(points)
    for k, tangent in enumerate(tangents):
        side = side - (side @ tangent) * tangent
        side /= np.linalg.norm(side)
        sides[k] = side
    axes = np.stack([sides, np.cross(tangents, sides)], axis=1)
    widths = np.broadcast_to(np.asarray(radii, float), len(points))[:, None, None]
    return loft(points[:, None] + widths * (_circle(segments) @ axes), material)


def extrude(outline: npt.ArrayLike, thickness: float, material: str, rounding: float = 0.0) -> Mesh:
    """A plate in the x–y plane, half its thickness on either side.

    Args:
        outline: (N, 2) metres, a polygon without crossings, either way round.
        thickness: Along z.
        material: Material of the mesh.
        rounding: Radius of the edges' rounding; 0 leaves them sharp.
    """
    polygon = np.asarray(outline, float)
    if _area(polygon) < 0:
        polygon = polygon[::-1]
    turns = np.linspace(0, np.pi / 2, 3 if rounding else 1)
    insets, heights = rounding * (1 - np.sin(turns)), thickness / 2 - rounding * (1 - np.cos(turns))
    levels = [(inset, -height) for inset, height in zip(insets, heights, strict=True)]
    levels += [(inset, -low) for inset, low in reversed(levels)]
    rings = [np.column_stack([inset_outline(polygon, d), np.full(len(polygon), z)]) for d, z in levels]
    return loft(np.array(rings), material, lid=triangulate(polygon))


def box(size: npt.ArrayLike, material: str, rounding: float = 0.0) -> Mesh:
    """A box of `size` (3,) about the origin, its edges along z sharp, the others rounded."""
    x, y, z = np.asarray(size, float)
    corners = np.array([[-x, -y], [x, -y], [x, y], [-x, y]]) / 2
    return extrude(corners, z, material, rounding)


def ellipsoid(radii: npt.ArrayLike, segments: int, material: str) -> Mesh:
    """An ellipsoid about the origin with half-axes `radii` (3,); with equal ones a sphere."""
    turns = np.linspace(0, np.pi, segments // 2 + 1)
    ball = revolve(np.column_stack([-np.cos(turns), np.sin(turns)]), segments, material)
    return replace(ball, vertices=ball.vertices * np.asarray(radii, float))


def inset_outline(outline: Array, distance: float) -> Array:
    """A counter-clockwise polygon [shape=(N, 2)] with every side moved inwards by `distance`."""
    sides = np.roll(outline, -1, axis=0) - outline
    inward = np.column_stack([-sides[:, 1], sides[:, 0]]) / np.linalg.norm(sides, axis=1, keepdims=True)
    before = np.roll(inward, 1, axis=0)
    # A corner moves along the bisector, farther the sharper it is; the bound keeps spikes from shooting out.
    spread = np.maximum(1 + np.einsum("nd,nd->n", before, inward), 0.4)
    return np.asarray(outline + distance * (before + inward) / spread[:, None])


def triangulate(outline: Array) -> Faces:
    """Triangles [shape=(N − 2, 3)] that fill a counter-clockwise polygon [shape=(N, 2)]: ears, cut off."""
    left, triangles = list(range(len(outline))), []
    while len(left) > 3:
        for k, tip in enumerate(left):
            ear = (left[k - 1], tip, left[(k + 1) % len(left)])
            others = outline[[point for point in left if point not in ear]]
            if _area(outline[list(ear)]) > 0 and not _inside(outline[list(ear)], others).any():
                break
        else:
            raise AssertionError("the polygon crosses itself")
        triangles.append(ear)
        left.pop(k)
    return np.array([*triangles, left], np.int64)


def _circle(segments: int) -> Array:
    turns = np.arange(segments) * (2 * np.pi / segments)
    return np.column_stack([np.cos(turns), np.sin(turns)])


def _area(polygon: Array) -> float:
    x, y = polygon.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _inside(triangle: Array, points: Array) -> npt.NDArray[np.bool_]:
    sides = np.roll(triangle, -1, axis=0) - triangle
    offsets = points[:, None] - triangle
    return np.asarray((sides[:, 0] * offsets[..., 1] - sides[:, 1] * offsets[..., 0] >= 0).all(axis=1))


def _solid(vertices: Array, faces: Faces, material: str) -> Mesh:
    """The mesh with coinciding vertices made one, empty faces dropped, and its faces outwards."""
    _, first, index = np.unique(np.round(vertices, 7), axis=0, return_index=True, return_inverse=True)
    faces = index.reshape(-1)[faces]
    distinct = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    mesh = Mesh(vertices[first], faces[distinct], material)
    return mesh if mesh.volume >= 0 else replace(mesh, faces=mesh.faces[:, ::-1])


def _joined(meshes: list[Mesh]) -> Mesh:
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces), meshes[0].material)
