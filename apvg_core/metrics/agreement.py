"""Whether a generated track goes with the true one: the slide's position, the bow's, the pitch."""

from typing import Any

import numpy as np
import numpy.typing as npt

Track = npt.NDArray[np.floating[Any]]


class Correlation:
    """Accumulates Pearson's correlation of two tracks that come in portions (Chan et al. 1979)."""

    def __init__(self) -> None:
        self._count = 0
        self._mean = np.zeros(2)
        self._scatter = np.zeros((2, 2))

    def add(self, real: Track, generated: Track, mask: npt.NDArray[np.bool_] | None = None) -> None:
        """Add a portion.

        Args:
            real: The true track [shape=(n,)].
            generated: The generated one [shape=(n,)].
            mask: Which of them count, say the frames that sound [shape=(n,)]; all if None.
        """
        pair = np.stack([real, generated]).astype(np.float64)
        if mask is not None:
            pair = pair[:, mask]
        if not pair.size:
            return
        count = self._count + pair.shape[1]
        mean = pair.mean(axis=1)
        step = mean - self._mean
        deviations = pair - mean[:, None]
        self._scatter += deviations @ deviations.T
        self._scatter += np.outer(step, step) * self._count * pair.shape[1] / count
        self._mean += step * pair.shape[1] / count
        self._count = count

    @property
    def value(self) -> float | None:
        """In [-1, 1]; None for fewer than two values, or where a track never changes."""
        spread = np.sqrt(np.diag(self._scatter))
        if self._count < 2 or (spread <= 1e-12 * np.sqrt(self._count) * np.abs(self._mean)).any():
            return None
        return float(np.clip(self._scatter[0, 1] / (spread[0] * spread[1]), -1, 1))


def correlation(real: Track, generated: Track, mask: npt.NDArray[np.bool_] | None = None) -> float | None:
    """Pearson's correlation of a generated track with the true one, pooled over the frames of the mask.

    In [-1, 1]; blind to offset and scale. Pitches are compared as they are, not by their names within an
    octave. None for fewer than two values, or where a track never changes: a still agrees with nothing.

    Args:
        real: The true track [shape=(n,)].
        generated: The generated one [shape=(n,)].
        mask: Which of them count, say the frames that sound [shape=(n,)]; all if None.
    """
    both = Correlation()
    both.add(real, generated, mask)
    return both.value


def main_axis(path: Track) -> npt.NDArray[np.float64]:
    """The direction in which a point moves most: the first principal component of its path.

    `path @ main_axis(true_path)` is the track of a hand that bows or moves a slide; a generated hand's is
    taken along the same, true axis.

    Args:
        path: (n, 2).

    Returns:
        A vector of length 1 [shape=(2,)], its larger coordinate positive.
    """
    axis = np.linalg.svd(path - path.mean(axis=0), full_matrices=False)[2][0].astype(np.float64)
    return np.asarray(axis * np.sign(axis[np.abs(axis).argmax()]))


def playing_axis(path: Track, known: Track) -> npt.NDArray[np.float64]:
    """The direction in the image along which a point's place tells how its instrument is played.

    Where a hand hardly shifts, its `main_axis` is the sway of the body; this is the least-squares fit of what
    is known on the point's places, and looks past what has nothing to do with it.

    Args:
        path: The true hand's places [shape=(n, 2)].
        known: The slide's position, the bow's, the hand's on the string [shape=(n,)].

    Returns:
        A vector of length 1 [shape=(2,)], towards what is greater; `main_axis` where neither changes.
    """
    changes = np.ptp(known) > 1e-9 * np.abs(known).max()
    axis = np.linalg.lstsq(path - path.mean(axis=0, dtype=np.float64), known - known.mean(), rcond=None)[0]
    length = np.linalg.norm(axis)
    return np.asarray(axis / length) if changes and length > 0 else main_axis(path)
