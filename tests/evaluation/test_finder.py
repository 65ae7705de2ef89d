"""Finder: poses of generated frames, by an estimator that these tests make up."""

import numpy as np

from apvg_core.evaluation.finder import Finder
from apvg_core.features.pose import Pose
from tests.evaluation.helpers import Redness


def test_a_still_is_looked_at_once() -> None:
    looked: list[np.ndarray] = []

    class Counting(Redness):
        def __call__(self, frame: np.ndarray) -> Pose:
            looked.append(frame)
            return super().__call__(frame)

    finder = Finder(Counting([]))
    dark, red = (np.full((4, 4, 3), value, np.uint8) for value in (0, 255))
    for frame in (dark, dark.copy(), red, red, dark):
        finder.add(frame)
    assert [frame.max() for frame in looked] == [0, 255, 0]
    assert finder.keypoints(10.0).shape == (5, 60, 2)
