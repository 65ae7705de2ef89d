"""The player, cut out."""

import numpy as np
import pytest

from apvg_core.generation.clean_plate import CleanPlate, find_clean_plate
from apvg_core.generation.matte import Matte
from apvg_core.pretrained import embedded
from apvg_core.run.conditions import read_conditions
from apvg_core.skeleton import BODY_JOINTS
from tests.generation.room import SIZE, empty_room, filmed, outline, pose

GREY = CleanPlate(np.full((128, 128, 3), 120, np.float32), np.ones((128, 128), np.float32), plain=True)


def test_the_player_is_cut_out_as_he_stands() -> None:
    """With a stick that is elsewhere than in the plate."""
    clean = find_clean_plate(filmed(outline()), [pose()])
    for stick in (0.1, 0.02, 0.2):
        truth = outline(stick)
        opacity = Matte(clean).cut_out(filmed(truth, seed=1)[None])[0, ..., 3] / 255
        assert np.abs(opacity - truth).mean() < 0.012
        assert (opacity[truth == 1] > 0.9).mean() > 0.99
        assert (opacity[truth == 0] < 0.1).mean() > 0.98


def test_an_edge_is_as_soft_as_it_was() -> None:
    """A red column before grey, a third over its edge: there it is 1/3 opaque, and red, not reddish."""
    image = np.full((128, 128, 3), 120.0)
    red = np.array([220.0, 20, 20])
    image[:, 20:40] = red
    image[:, 40] = red / 3 + 2 / 3 * 120
    cut_out = Matte(GREY).cut_out(image.round().astype(np.uint8)[None])[0]
    assert (cut_out[:, 20:40, 3] == 255).all()
    np.testing.assert_allclose(cut_out[:, 40, 3], 85, atol=3)
    np.testing.assert_allclose(cut_out[:, 40, :3].astype(int), np.tile(red, (128, 1)), atol=8)
    assert (cut_out[:, :19, 3] == 0).all()
    assert (cut_out[:, 42:, 3] == 0).all()


def test_colours_go_on_beyond_the_edge_and_then_end() -> None:
    image = np.full((1, 128, 128, 3), 120, np.uint8)
    image[:, :, 20:40] = (220, 20, 20)
    cut_out = Matte(GREY).cut_out(image)[0]
    assert (cut_out[:, 40:42, :3] == (220, 20, 20)).all()
    assert (cut_out[:, 50:] == 0).all()


def test_specks_are_nothing_and_holes_in_the_player_are_filled() -> None:
    image = np.full((1, 128, 128, 3), 120, np.uint8)
    image[0, 5, 5] = 250
    image[0, 20:50, 20:50] = 30
    image[0, 35, 35] = 120  # as grey as the wall
    opacity = Matte(GREY).cut_out(image)[0, ..., 3]
    assert opacity[5, 5] == 0
    assert (opacity[22:48, 22:48] == 255).all()


def test_opacity_does_not_flicker_where_the_image_hardly_changes() -> None:
    """A face hardly unlike the wall, which noise moves over the threshold and back."""
    rng = np.random.default_rng(0)
    frames = np.full((40, 128, 128, 3), 120.0)
    frames[:, 16:48, 16:48] += 6
    frames += rng.normal(0, 0.8, (40, 1, 1, 1))
    frames = frames.round().astype(np.uint8)
    at_once = np.concatenate([Matte(GREY).cut_out(frame[None]) for frame in frames])
    matte = Matte(GREY)
    in_a_row = np.concatenate([matte.cut_out(frames[:7]), matte.cut_out(frames[7:])])
    jumps = [np.abs(np.diff(made[..., 3].astype(int), axis=0)).max((1, 2)) for made in (at_once, in_a_row)]
    assert jumps[0].max() > 150
    assert jumps[1].max() < 100


def test_what_moves_is_followed_at_once() -> None:
    frames = np.full((2, 128, 128, 3), 120, np.uint8)
    frames[0, :, 10:20] = frames[1, :, 40:50] = 20
    opacity = Matte(GREY).cut_out(frames)[..., 3]
    assert (opacity[1, :, 10:20] == 0).all()
    assert (opacity[1, :, 40:50] == 255).all()


@pytest.mark.parametrize(("instrument", "share"), [("trombone", 0.23), ("cello", 0.32)])
def test_the_performers_that_come_along(instrument: str, share: float) -> None:
    """They are cut out of the room but for slivers: a curtain's dark fold, a window's edge."""
    (performer,) = [each for each in embedded() if each.info.instrument == instrument]
    conditions = read_conditions(performer.run, performer.info)
    poses = [conditions.average[0], conditions.reference_keypoints[0]]
    frame = conditions.reference[0]
    opacity = Matte(find_clean_plate(conditions.plates()[0], poses)).cut_out(frame[None])[0, ..., 3] / 255
    assert opacity.mean() == pytest.approx(share, abs=0.02)
    joints = ("nose", "neck", "left_elbow", "right_elbow", "left_wrist", "right_wrist")
    x, y = (len(opacity) * poses[1][[BODY_JOINTS.index(joint) for joint in joints]]).astype(int).T
    assert (opacity[y, x] == 1).all()
    assert opacity[: len(opacity) // 12].mean() < 0.006
    assert opacity[:, : len(opacity) // 20].mean() < 0.006
    assert ((opacity > 0.05) & (opacity < 0.95)).mean() < 0.03


def test_a_room_without_a_player_is_empty() -> None:
    clean = CleanPlate(empty_room().astype(np.float32), np.ones((SIZE, SIZE), np.float32), plain=True)
    frames = np.stack([filmed(np.zeros((SIZE, SIZE)), seed=seed) for seed in range(2)])
    assert not Matte(clean).cut_out(frames).any()
