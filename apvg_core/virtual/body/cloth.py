"""Cloth: pieces that are cut out of a surface over the body, laid off from it, hung, hemmed.

A piece is cut by a field: a number for each vertex, at least 0 where it stays. The cut goes through
triangles, so that its edge is as crisp as the field.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from apvg_core.virtual.body.shape import Body
from apvg_core.virtual.stage.render import Surface

Array = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int64]


def vertex_normals(vertices: Array, faces: Faces) -> Array:
    """Smooth normals [shape=(V, 3)], each face counted by its area."""
    corners = vertices[faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], areas)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


@dataclass(frozen=True)
class Cloth:
    """A surface that moves with a body.

    Attributes:
        vertices: (V, 3) at rest, metres.
        canvas: (V, 3) the same vertices on MakeHuman's base mesh: by which it is cut and painted.
        weights: (V, bones) shares of the bones that move a vertex.
        faces: (F, 3) indices of vertices, counter-clockwise as seen from outside.
    """

    vertices: Array
    canvas: Array
    weights: Array
    faces: Faces

    @classmethod
    def over(cls, body: Body, part: int) -> Self:
        """One part of a body's surface."""
        used, numbers = np.unique(
            body.faces[(body.parts == part)[body.faces].all(axis=1)], return_inverse=True
        )
        weights = np.zeros((len(used), len(body.bones)))
        np.add.at(weights, (np.arange(len(used))[:, None], body.weight_bones[used]), body.weights[used])
        return cls(body.vertices[used], body.template[used], weights, numbers.reshape(-1, 3))

    @property
    def normals(self) -> Array:
        """Smooth normals [shape=(V, 3)]."""
        return vertex_normals(self.vertices, self.faces)

    def smoothed(self, share: Array, rounds: int) -> Self:
        """Draw vertices and canvas towards their neighbours' mean, `share` (V,) of the way, some rounds."""
        edges = np.vstack([self.faces[:, [0, 1]], self.faces[:, [1, 2]], self.faces[:, [2, 0]]])
        edges = np.vstack([edges, edges[:, ::-1]])
        links = sparse.csr_matrix((np.ones(len(edges)), edges.T), shape=(len(self.vertices),) * 2)
        links.data[:] = 1
        degrees = np.maximum(np.asarray(links.sum(axis=1)), 1)
        both = np.hstack([self.vertices, self.canvas])
        for _ in range(rounds):
            both = both + share[:, None] * (links @ both / degrees - both)
        return replace(self, vertices=both[:, :3], canvas=both[:, 3:])

    def subdivided(self) -> Self:
        """Make four triangles of each."""
        edges = np.sort(
            np.vstack([self.faces[:, [0, 1]], self.faces[:, [1, 2]], self.faces[:, [2, 0]]]), axis=1
        )
        middles, number = np.unique(edges, axis=0, return_inverse=True)
        ab, bc, ca = len(self.vertices) + number.reshape(3, -1)
        a, b, c = self.faces.T
        faces = np.vstack(
            [np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
        )
        table = self._table
        return self._of(np.vstack([table, (table[middles[:, 0]] + table[middles[:, 1]]) / 2]), faces)

    def cut(self, field: Array) -> Self:
        """Keep the piece where `field` [shape=(V,)] is 0 or more, with triangles cut through at its edge."""
        inside = field >= 0
        count = inside[self.faces].sum(axis=1)
        kept, table = [self.faces[count == 3]], [self._table]
        free = len(field)
        for corners in (1, 2):
            faces = self.faces[count == corners]
            # turned so that the corner which is alone on its side comes first
            alone = np.argmax(inside[faces] == (corners == 1), axis=1)
            first, second, third = (faces[np.arange(len(faces)), (alone + k) % 3] for k in range(3))
            cuts = []
            for other in (second, third):
                share = field[first] / (field[first] - field[other])
                table.append(table[0][first] + share[:, None] * (table[0][other] - table[0][first]))
                cuts.append(np.arange(free, free := free + len(faces)))
            near, far = cuts
            if corners == 1:
                kept.append(np.stack([first, near, far], axis=1))
            else:
                kept += [np.stack([near, second, third], axis=1), np.stack([near, third, far], axis=1)]
        piece = self._of(np.vstack(table), np.vstack(kept))
        return piece._joined()

    def laid_off(self, metres: Array | float) -> Self:
        """Move it outwards, by one distance or (V,)."""
        return replace(self, vertices=self.vertices + np.reshape(metres, (-1, 1)) * self.normals)

    def hemmed(self, depth: float) -> Self:
        """Turn its edges inwards by `depth` metres, so that they look as thick."""
        directed = np.vstack([self.faces[:, [0, 1]], self.faces[:, [1, 2]], self.faces[:, [2, 0]]])
        count = len(self.vertices)
        alone = ~np.isin(directed @ [1, count], directed @ [count, 1])  # no face has them the other way round
        edges = directed[alone]
        rim, number = np.unique(edges, return_inverse=True)
        a, b = number.reshape(-1, 2).T
        outer, table = len(self.vertices), self._table
        inner = outer + len(rim)
        turned = table[rim].copy()
        turned[:, :3] -= depth * self.normals[rim]
        faces = np.vstack(
            [
                np.stack([outer + b, outer + a, inner + a], axis=1),
                np.stack([outer + b, inner + a, inner + b], axis=1),
            ]
        )
        return self._of(np.vstack([table, table[rim], turned]), np.vstack([self.faces, faces]))

    def surface(self, material: str) -> Surface:
        """What is drawn of it."""
        strongest = np.argsort(-self.weights, axis=1, kind="stable")[:, :4]
        shares = np.take_along_axis(self.weights, strongest, axis=1)
        return Surface(
            vertices=self.vertices,
            normals=self.normals,
            canvas=self.canvas,
            faces=self.faces,
            bones=strongest.astype(np.uint8),
            weights=shares / shares.sum(axis=1, keepdims=True),
            material=material,
        )

    @property
    def _table(self) -> Array:
        return np.hstack([self.vertices, self.canvas, self.weights])

    def _of(self, table: Array, faces: Faces) -> Self:
        return replace(self, vertices=table[:, :3], canvas=table[:, 3:6], weights=table[:, 6:], faces=faces)

    def _joined(self) -> Self:
        """Leave out vertices that no face has, and make one of those in the same place."""
        used, numbers = np.unique(self.faces, return_inverse=True)
        table = self._table[used]
        _, first, same = np.unique(np.round(table[:, :6], 7), axis=0, return_index=True, return_inverse=True)
        faces = same.reshape(-1)[numbers].reshape(-1, 3)
        solid = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
        return self._of(table[first], faces[solid])
