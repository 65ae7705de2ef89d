"""Lines drawn through space, as rows of points: the outlines and paths of the solids in `mesh.py`."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def bezier(controls: npt.ArrayLike, steps: int) -> Array:
    """The cubic through the first and last of four points, drawn to the others [shape=(steps + 1, D)].

    Args:
        controls: (4, D).
        steps: Pieces it is cut into.
    """
    share = np.linspace(0, 1, steps + 1)[:, None]
    start, towards, back, stop = np.asarray(controls, float)
    rest = 1 - share
    return np.asarray(
        rest**3 * start + 3 * rest**2 * share * towards + 3 * rest * share**2 * back + share**3 * stop
    )


def through(points: npt.ArrayLike, steps: int) -> Array:
    """A smooth line through every point (Catmull–Rom) [shape=((K − 1)·steps + 1, D)].

    Args:
        points: (K, D).
        steps: Pieces between one point and the next.
    """
    rows = np.asarray(points, float)
    slopes = np.gradient(rows, axis=0)
    spans = zip(rows[:-1], rows[1:], slopes[:-1], slopes[1:], strict=True)
    pieces = [bezier([a, a + u / 3, b - v / 3, b], steps)[:-1] for a, b, u, v in spans]
    return np.concatenate([*pieces, rows[-1:]])


def arc(centre: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike, turns: Array) -> Array:
    """Points of an ellipse [shape=(N, D)]: `centre` + `first`·cos + `second`·sin of `turns` (N,), radians."""
    cosine, sine = np.cos(turns)[:, None], np.sin(turns)[:, None]
    spread = cosine * np.asarray(first, float) + sine * np.asarray(second, float)
    return np.asarray(np.asarray(centre, float) + spread)
