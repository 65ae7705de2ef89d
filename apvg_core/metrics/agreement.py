"""Agreement of a generated track with the true one: the slide's position, the bow's, the pitch."""

from typing import Any

import numpy as np
import numpy.typing as npt

Track = npt.NDArray[np.floating[Any]]


def correlation(real: Track, generated: Track, mask: npt.NDArray[np.bool_] | None = None) -> float | None:
    """Return Pearson's correlation of a generated track with the true one, over the frames of the mask.

    In [-1, 1]; blind to offset and scale. Pitches are compared as they are, not by their names within an
    octave.

    Args:
        real: The true track [shape=(n,)].
        generated: The generated one [shape=(n,)].
        mask: True for what counts, say the frames that sound [shape=(n,)]; all if None.

    Returns:
        None for fewer than two values, or where a track never changes: a still agrees with nothing.
    """
    pair = np.stack([real, generated]).astype(np.float64)
    if mask is not None:
        pair = pair[:, mask]
    count = pair.shape[1]
    if count < 2:
        return None
    mean = pair.mean(axis=1)
    deviations = pair - mean[:, None]
    scatter = deviations @ deviations.T
    spread = np.sqrt(np.diag(scatter))
    if (spread <= 1e-12 * np.sqrt(count) * np.abs(mean)).any():
        return None
    return float(np.clip(scatter[0, 1] / (spread[0] * spread[1]), -1, 1))


def main_axis(path: Track) -> npt.NDArray[np.float64]:
    """Return the direction in which a point moves most: the first principal component of its path.

    `path @ main_axis(true_path)` is the track of a hand that bows or moves a slide; a generated hand's is
    taken along the same, true axis.

    Args:
        path: The point's positions [shape=(n, 2)].

    Returns:
        A vector of length 1 [shape=(2,)], its larger coordinate positive.
    """
    axis = np.linalg.svd(path - path.mean(axis=0), full_matrices=False)[2][0].astype(np.float64)
    return np.asarray(axis * np.sign(axis[np.abs(axis).argmax()]))


def playing_axis(path: Track, known: Track) -> npt.NDArray[np.float64]:
    """Return the direction in the image along which a point's position tells how its instrument is played.

    Where a hand hardly shifts, its `main_axis` is the sway of the body; this is the least-squares fit of what
    is known on the point's positions, which leaves out what has nothing to do with it.

    Args:
        path: The true hand's positions [shape=(n, 2)].
        known: The slide's position, the bow's, the hand's on the string [shape=(n,)].

    Returns:
        A vector of length 1 [shape=(2,)], towards what is greater; `main_axis` where neither changes.
    """
    changes = np.ptp(known) > 1e-9 * np.abs(known).max()
    axis = np.linalg.lstsq(path - path.mean(axis=0, dtype=np.float64), known - known.mean(), rcond=None)[0]
    length = np.linalg.norm(axis)
    return np.asarray(axis / length) if changes and length > 0 else main_axis(path)
