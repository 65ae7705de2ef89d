"""The pose estimator's model: how it is off, learned from films."""

import numpy as np

from apvg_core.virtual.estimator import Estimator

SHIFT = np.array([0.02, -0.01])


def test_where_joints_are_seen_is_learned_and_missed_ones_do_not_count() -> None:
    rng = np.random.default_rng(0)
    joints = rng.random((500, 60, 2))
    seen = joints + SHIFT
    seen[:, 1] += 0.1 * joints[:, 0, ::-1]  # the second one is drawn by the first
    visible = rng.random((500, 60)) < 0.9
    visible[:, 2] = False
    estimator = Estimator(joints, np.where(visible[..., None], seen, 9.0), visible)
    new = rng.random((20, 60, 2))
    expected = new + SHIFT
    expected[:, 1] += 0.1 * new[:, 0, ::-1]
    expected[:, 2] = new[:, 2]
    assert np.flatnonzero(~estimator.sees).tolist() == [2]
    np.testing.assert_allclose(estimator(new), expected, atol=1e-4)
