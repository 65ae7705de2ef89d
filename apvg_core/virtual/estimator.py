"""Imitation of a pose estimator, which sees joints not where they are, but always in the same manner."""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.virtual.music.paths import Array

RIDGE: Final = 1e-3
"""What keeps the fit small where two joints always move together, in edges of the image."""

OFTEN: Final = 0.1
"""Share of the frames in which a joint must have been seen for its places to be learned."""


class Estimator:
    """An affine function of all joints, by least squares.

    Attributes:
        sees: Which joints it sees at all [shape=(60,)].
    """

    def __init__(self, joints: Array, seen: Array, visible: npt.NDArray[np.bool_]) -> None:
        """Learn it.

        Args:
            joints: Where they are [shape=(n, 60, 2)].
            seen: Where they were seen [shape=(n, 60, 2)].
            visible: Which were seen [shape=(n, 60)].
        """
        self.sees = visible.mean(axis=0) >= OFTEN
        self._mean = joints.mean(axis=0)
        inputs = self._inputs(joints)
        self._weights = np.zeros((inputs.shape[1], *joints.shape[1:]))
        for joint in np.flatnonzero(self.sees):
            ok = visible[:, joint]
            x = inputs[ok]
            regular = len(x) * RIDGE**2 * np.diag([0.0, *np.ones(inputs.shape[1] - 1)])
            apart = seen[ok, joint] - joints[ok, joint]
            self._weights[:, joint] = np.linalg.solve(x.T @ x + regular, x.T @ apart)

    def __call__(self, joints: Array) -> Array:
        """Move joints (n, 60, 2) to where they would be seen [same shape]; those that never are stay."""
        return joints + np.tensordot(self._inputs(joints), self._weights, 1)

    def _inputs(self, joints: Array) -> Array:
        flat = (joints - self._mean).reshape(len(joints), -1)
        return np.concatenate([np.ones((len(flat), 1)), flat], axis=1)
