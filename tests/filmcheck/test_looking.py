"""Where a film is looked at, what is held in it, and whether its camera moves."""

import numpy as np
import pytest

from apvg_core.features.displacement import Displacement
from apvg_core.features.pose import Pose
from apvg_core.filmcheck import pictures
from apvg_core.filmcheck.held import count_held, steps_of
from apvg_core.filmcheck.windows import plan_excerpts, plan_windows, reading_rate, spread_order, windows_each
from apvg_core.progress import silent


def test_windows_are_spread_and_never_more_than_fit():
    assert plan_windows(100.0, 25.0, 2) == [range(600, 650), range(1850, 1900)]
    assert plan_windows(1.0, 25.0, 10) == [range(25)]
    assert plan_windows(3.0, 25.0, 10) == [range(12, 62)]
    assert [windows_each(films) for films in (1, 2, 4, 50)] == [10, 10, 5, 3]


def test_the_first_windows_are_spread_over_the_film():
    assert spread_order(1) == [0]
    assert spread_order(6) == [0, 4, 2, 1, 5, 3]
    assert sorted(spread_order(10)) == list(range(10))


def test_long_sound_is_heard_in_excerpts():
    assert plan_excerpts(60.0, 2) == [(0.0, 60.0)]
    assert plan_excerpts(100.0, 2) == [(10.0, 40.0), (60.0, 90.0)]


class Film:
    """A film whose frames are as bright as their number, at any rate."""

    def frames(self, fps, first, stop):
        return (np.full((32, 32, 3), frame, np.uint8) for frame in range(first, stop))


@pytest.mark.parametrize(("seconds", "looked_at"), [(1000.0, [0, 20, 40]), (0.0, [0])])
def test_what_there_is_no_time_for_is_left_out(monkeypatch, seconds, looked_at):
    nobody = Pose(np.full((60, 2), np.nan, np.float32), np.zeros(60, np.float32))
    monkeypatch.setattr(pictures, "_estimators", lambda: (lambda image: nobody,) * 2)
    monkeypatch.setattr(pictures, "SECONDS_A_WINDOW", seconds)
    windows = [range(start, start + 9) for start in (0, 20, 40)]
    looked = pictures.look(Film(), 25.0, windows, progress=silent)
    assert [window.pictures[0].grey[0, 0] for window in looked] == looked_at
    assert [picture.time for picture in looked[0].pictures] == [0.0, 3 / 25, 6 / 25]
    assert looked[0].steps.tolist() == [1.0] * 8


def test_fast_films_are_thinned_out():
    assert [reading_rate(fps) for fps in (25.0, 30.0, 60.0, 50.0)] == [25.0, 30.0, 30.0, 25.0]


def test_a_frame_shown_twice_while_all_moves_is_held_and_a_rest_is_not():
    frames = [np.full((4, 4), value, np.uint8) for value in (0, 5, 5, 10, 15, 15, 15, 15)]
    assert steps_of(frames).tolist() == [5, 0, 5, 5, 0, 0, 0]
    assert count_held(steps_of(frames)) == (3, 1)


def test_displacement_is_that_of_the_background():
    wall = np.random.default_rng(0).integers(0, 255, (30, 40)).astype(np.uint8)
    wall = np.kron(wall, np.ones((6, 6), np.uint8))
    first, moved = wall[20:140, 20:180], wall[20:140, 17:177].copy()
    hidden = np.zeros(first.shape, np.bool_)
    hidden[:, :60] = True
    moved[:, :50] = 0  # the player does as he likes
    displacement = Displacement(first, hidden)
    assert displacement(first) == pytest.approx(0, abs=1e-4)
    assert displacement(moved) == pytest.approx(3 / 160, abs=1e-3)
    assert np.isnan(
        Displacement(np.full((90, 120), 9, np.uint8), np.zeros((90, 120), np.bool_))(first[:90, :120])
    )
