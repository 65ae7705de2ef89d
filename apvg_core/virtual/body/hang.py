"""Cloth that hangs: no narrower than what is inside, nor than it is higher up."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates
from scipy.spatial import ConvexHull

Array = npt.NDArray[np.float64]

_AROUND: Final = np.linspace(0, 2 * np.pi, 65)
"""Angles from +z to +x at which cross-sections are known."""


def _hull(points: Array, centre: Array) -> Array:
    """Radius of the convex hull of points [shape=(n, 2): x, z] about a centre, at the angles of `_AROUND`."""
    planes = ConvexHull(points - centre).equations
    reach = np.stack([np.sin(_AROUND), np.cos(_AROUND)], axis=1) @ planes[:, :2].T
    distance = np.where(reach > 1e-6, -planes[:, 2] / np.maximum(reach, 1e-6), np.inf)
    return np.asarray(distance.min(axis=1))


@dataclass(frozen=True)
class Hang:
    """Cloth that hangs around an axis: in each level the hull of what is inside, and no narrower than above.

    Attributes:
        levels: (n,) metres, falling.
        centres: (n, 2) x and z of the axis.
        radii: (n, angles) metres, at the angles of `_AROUND`.
    """

    levels: Array
    centres: Array
    radii: Array

    @classmethod
    def of(cls, points: Array, levels: Array, inwards: float, axis: Array | None = None) -> Self:
        """Hang cloth around points.

        Args:
            points: (n, 3) metres.
            levels: (m,) metres, falling.
            inwards: Metres that it swings back in for each metre down.
            axis: (2,) x and z of the axis; None is the middle of each level.
        """
        radii, centres = list[Array](), list[Array]()
        for k, level in enumerate(levels):
            near = points[np.abs(points[:, 1] - level) < 0.02][:, [0, 2]]
            centres.append((near.min(axis=0) + near.max(axis=0)) / 2 if axis is None else axis)
            radius = _hull(near, centres[-1])
            radii.append(np.maximum(radius, radii[-1] - inwards * (levels[k - 1] - level)) if k else radius)
        return cls(levels, np.array(centres), np.array(radii))

    def at(self, heights: Array, angles: Array) -> tuple[Array, Array]:
        """The axis [shape=(n, 2)] and the radius [shape=(n,)] at heights and angles, each (n,)."""
        row = np.interp(-heights, -self.levels, np.arange(len(self.levels)))
        column = angles % (2 * np.pi) / (2 * np.pi) * (len(_AROUND) - 1)
        radius = map_coordinates(self.radii, [row, column], order=1, mode="nearest")
        centre = [np.interp(row, np.arange(len(self.levels)), line) for line in self.centres.T]
        return np.stack(centre, axis=1), radius

    def drape(self, vertices: Array, share: Array) -> Array:
        """Move vertices [shape=(n, 3)] out to the cloth, `share` (n,) of the way."""
        centre, _ = self.at(vertices[:, 1], np.zeros(len(vertices)))
        off = vertices[:, [0, 2]] - centre
        _, wanted = self.at(vertices[:, 1], np.arctan2(off[:, 0], off[:, 1]))
        radius = np.maximum(np.linalg.norm(off, axis=1), 1e-6)
        out = np.maximum(wanted, radius) / radius
        moved = vertices.copy()
        moved[:, [0, 2]] = centre + off * (1 + share * (out - 1))[:, None]
        return moved
