"""What is behind the player, found from a plate in which he stands."""

import numpy as np
import pytest

from apvg_core.generation.clean_plate import _painted, difference, find_clean_plate, large
from apvg_core.pretrained import embedded
from apvg_core.run.conditions import read_conditions
from tests.generation.room import SIZE, empty_room, filmed, outline, pose


def test_the_room_is_found_behind_the_player() -> None:
    clean = find_clean_plate(filmed(outline()), [pose()])
    assert clean.plain
    off = np.abs(clean.image - empty_room()).max(2)
    assert np.median(off) < 4
    wall = np.s_[: round(0.8 * SIZE)]  # what is behind his legs, wall and floor, is painted as one
    assert np.percentile(off[wall], 99) < 25


def test_a_room_as_varied_as_the_player_is_told() -> None:
    """Noise of all colours: no colour is common."""
    noise = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    mask = outline()[..., None]
    plate = (mask * filmed(outline()) + (1 - mask) * noise).astype(np.uint8)
    assert not find_clean_plate(plate, [pose()]).plain


def test_a_moving_shadow_is_no_difference_but_black_clothes_are() -> None:
    clean = find_clean_plate(filmed(outline(), noise=0), [pose()])
    shadow = 0.75 * clean.image
    away = difference(shadow, clean)
    corner = np.s_[85:105, :12]
    assert away[corner].max() < 1
    assert away[SIZE // 2, SIZE // 2] > 50  # about the player shadows count
    assert (difference(0.15 * clean.image, clean) > 60).all()
    assert difference(clean.image, clean).max() < 1e-3


def test_a_membrane_goes_on_from_its_edges() -> None:
    """A plane solves the Laplace equation: what is hidden of it is painted exactly."""
    rows, columns = np.mgrid[:20, :30].astype(np.float32)
    plane = np.stack([rows, columns, 3 * rows - 2 * columns], 2)
    hidden = np.zeros((20, 30), bool)
    hidden[4:12, 5:21] = True
    broken = plane.copy()
    broken[hidden] = 999
    np.testing.assert_allclose(_painted(broken, hidden), plane, atol=1e-4)
    assert _painted(plane, ~(hidden & False)).std((0, 1)).max() < 1e-4  # all hidden: one colour


def test_large_pieces_stay() -> None:
    mask = np.zeros((8, 8), bool)
    mask[0, :3] = mask[4:7, 4:7] = True
    assert large(mask, 4).sum() == 9
    assert large(mask, 3).sum() == 12


@pytest.mark.parametrize("performer", embedded(), ids=lambda each: each.info.instrument)
def test_the_performers_that_come_along_have_a_plain_room(performer) -> None:
    conditions = read_conditions(performer.run, performer.info)
    plate = conditions.plates()[0]
    clean = find_clean_plate(plate, [conditions.average[0], conditions.reference_keypoints[0]])
    assert clean.plain
    # hardly anything of the black suit is left
    light = clean.image.sum(2)
    assert (light < 0.5 * np.median(light)).mean() < 0.005
