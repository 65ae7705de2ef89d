"""Tracks over time."""

import numpy as np

from apvg_core.drawing.skeletons import BODY_COLOUR
from apvg_core.drawing.tracks import HEIGHT, WIDTH, compare_tracks, draw_track


def test_a_track_goes_from_left_to_right_where_it_is_drawn() -> None:
    plot = np.zeros((20, 50, 3), np.uint8)
    drawn = np.array([True] * 6 + [False] * 5)
    draw_track(plot, np.full(11, 10, np.float32), drawn, (255, 255, 255), 1)
    assert (plot[10, 1:24, 0] > 150).all()  # soft edges take some of it
    assert not plot[:, 30:].any()


def test_real_tracks_are_coloured_and_predicted_ones_white() -> None:
    real = np.zeros((30, 60, 2), np.float32)
    real[:, :, 0] = np.linspace(0, 1, 30)[:, None]
    predicted = 1 - real
    image = compare_tracks(real, np.ones((30, 60), bool), predicted)
    assert image.shape == (6 * HEIGHT, WIDTH, 3)
    neck = image[:HEIGHT]
    left, right = neck[24:, :10], neck[24:, -10:]
    assert (left[: HEIGHT // 2] == BODY_COLOUR).all(-1).any()  # it begins above
    assert (right[-20:] == BODY_COLOUR).all(-1).any()  # and ends below
    assert left[-20:].min(-1).max() > 150  # the other way round
