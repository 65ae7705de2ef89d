import numpy as np

from apvg_core.features.alignment import STEADY, aligned


def player(frames: int = 5) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.3, 0.7, (60, 2))[None].repeat(frames, axis=0)


SEEN = np.ones((5, 60), bool)


def test_another_crop_is_laid_on_the_average() -> None:
    keypoints = player()
    keypoints[:, 4, 0] += np.linspace(0, 0.1, 5)  # a hand moves
    average = player()[0]
    other = 0.4 * keypoints + [0.5, 0.1]
    found = aligned(other, SEEN, average)
    assert found is not None
    np.testing.assert_allclose(found, keypoints)


def test_a_body_that_sways_in_the_same_square_stays_where_it_is() -> None:
    leaning = player() + np.array([0.01, 0.005])
    assert aligned(leaning, SEEN, player()[0]) is leaning


def test_joints_that_were_not_seen_do_not_count() -> None:
    other = 0.5 * player()
    seen = SEEN.copy()
    other[:, STEADY[0]] = 9
    seen[:, STEADY[0]] = False
    found = aligned(other, seen, player()[0])
    assert found is not None
    np.testing.assert_allclose(found[:, STEADY[1:]], player()[:, STEADY[1:]])
    assert aligned(other, np.zeros((5, 60), bool), player()[0]) is None
