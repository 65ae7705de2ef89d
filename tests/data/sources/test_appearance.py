"""Average linkage of distances, by hand."""

import numpy as np
import pytest

from apvg_core.data.sources.appearance import (
    HEIGHT,
    LIMIT,
    WIDTH,
    Appearance,
    group_by_appearance,
    group_by_distance,
)


@pytest.mark.parametrize(
    ("distances", "groups"),
    [
        # of pairs (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)
        ([5, 40, 40, 40, 40, 5], [0, 0, 1, 1]),
        ([40, 5, 40, 40, 5, 40], [0, 1, 0, 1]),
        ([5, 5, 5, 5, 5, 5], [0, 0, 0, 0]),
        ([40, 40, 40, 40, 40, 40], [0, 1, 2, 3]),
        # 0 and 1 join at 4; 2 is (10 + 13) / 2 = 11.5 from both, and joins; 3 does not
        ([4, 10, 30, 13, 30, 30], [0, 0, 0, 1]),
        # the same with (12 + 13) / 2 = 12.5, which is beyond the limit of 12
        ([4, 12, 30, 13, 30, 30], [0, 0, 1, 2]),
        # a still camera: distances jump from 0.1 to 5, so 5 is another person
        ([0.1, 5, 5, 5, 5, 0.1], [0, 0, 1, 1]),
    ],
)
def test_groups_of_four(distances, groups):
    assert LIMIT == 12
    assert group_by_distance(distances) == groups


def plain(lightness):
    colour = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    colour[..., 0] = lightness
    return Appearance(colour, colour, colour)


def test_plain_images_differ_by_their_colours():
    assert group_by_appearance([plain(50), plain(90), plain(54)]) == [0, 1, 0]
    assert group_by_appearance([plain(50)]) == [0]
    assert group_by_appearance([]) == []
