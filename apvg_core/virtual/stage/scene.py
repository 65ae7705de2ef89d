"""The scene: surfaces that move with one bone each."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from apvg_core.virtual.instruments.mesh import Mesh
from apvg_core.virtual.stage.render import Surface

Array = npt.NDArray[np.float64]

_CREASE_DEGREES = 40.0


def rigid(mesh: Mesh, bone: int) -> Surface:
    """A surface that moves with one bone; edges sharper than 40 degrees stay edges."""
    corners = mesh.vertices[mesh.faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    solid = np.linalg.norm(areas, axis=1) > 0
    faces, areas = mesh.faces[solid], areas[solid]
    flat = np.repeat(areas, 3, axis=0)
    direction = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    owner = faces.ravel()
    corner_of = sparse.csr_matrix((np.ones(len(owner)), (np.arange(len(owner)), owner)))
    pairs = (corner_of @ corner_of.T).tocoo()
    alike = np.einsum("ij,ij->i", direction[pairs.row], direction[pairs.col]) > np.cos(
        np.radians(_CREASE_DEGREES)
    )
    normals = np.zeros_like(flat)
    np.add.at(normals, pairs.row[alike], flat[pairs.col[alike]])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)

    # corners that agree on position and normal become one vertex again
    keys = np.column_stack([owner, np.round(normals * 100)])
    _, first, numbers = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    vertices = mesh.vertices[owner[first]]
    return Surface(
        vertices=vertices,
        normals=normals[first],
        canvas=vertices,
        faces=numbers.reshape(-1, 3),
        bones=np.tile(np.array([bone, 0, 0, 0], np.uint8), (len(first), 1)),
        weights=np.tile(np.array([1.0, 0, 0, 0]), (len(first), 1)),
        material=mesh.material,
    )


def moved_by(axes: Array, origin: Array) -> Array:
    """The maps [shape=(F, 4, 4)] that take a part's own axes to `axes` at `origin`.

    Args:
        axes: (F, 3, 3) the part's axes in the world, as columns.
        origin: (F, 3) where the part's origin is, metres.
    """
    matrices = np.tile(np.eye(4), (len(origin), 1, 1))
    matrices[:, :3, :3], matrices[:, :3, 3] = axes, origin
    return matrices
