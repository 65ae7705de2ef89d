"""The camera: where it stands, and where in its image places of the world are."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NEAR: Final = 0.3
FAR: Final = 12.0
"""Metres from the camera between which things are drawn."""


@dataclass(frozen=True)
class Camera:
    """A camera that stands still.

    Attributes:
        eye: (3,) where it is, metres.
        target: (3,) what it looks at.
        degrees: Vertical angle of view.
    """

    eye: Array
    target: Array
    degrees: float

    def view(self) -> Array:
        """From the world to the camera's axes [shape=(4, 4)]."""
        return look_at(self.eye, self.target)

    def projection(self, aspect: float) -> Array:
        """From the camera's axes to OpenGL's clip space [shape=(4, 4)], at `aspect` = width / height."""
        zoom = 1 / np.tan(np.radians(self.degrees) / 2)
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[1, 1] = zoom / aspect, zoom
        matrix[2, 2:] = -(FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR)
        matrix[3, 2] = -1
        return matrix

    def project(self, points: Array, aspect: float = 1.0) -> Array:
        """Places in the image [shape=(..., 2), in [0, 1], x right, y down] of places in the world."""
        matrix = self.projection(aspect) @ self.view()
        clip = points @ matrix[:, :3].T + matrix[:, 3]
        return np.asarray(0.5 + clip[..., :2] / clip[..., 3:] * np.array([0.5, -0.5]))


def look_at(eye: Array, target: Array) -> Array:
    """The matrix [shape=(4, 4)] of a view from `eye` to `target`, with y upwards."""
    back = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = [right, np.cross(back, right), back]
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix
