"""Bodies, bones and hands."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from apvg_core.skeleton import JOINTS, NUM_JOINTS
from apvg_core.virtual.body.dress import appearance_of, dressed
from apvg_core.virtual.body.hair import STYLES, Hair, hair
from apvg_core.virtual.body.hands import Hand
from apvg_core.virtual.body.landmarks import joints
from apvg_core.virtual.body.rig import Pose, angle_about, frame, turned
from apvg_core.virtual.body.shape import SKIN, shape_body
from apvg_core.virtual.body.tailor import along_arm, on_arm

X, Y, Z = np.eye(3)
BODY = shape_body({"caucasian female": 1.0})


def standing(frames: int = 1, **local: np.ndarray) -> Pose:
    pose = Pose(BODY)
    rest = {"root": np.tile(np.eye(3), (frames, 1, 1)), **local}
    pose.articulate(np.tile(BODY.joints["root"], (frames, 1)), rest)
    return pose


def test_a_body_is_the_base_and_shares_of_changes() -> None:
    base, changed, half = (shape_body(mix) for mix in ({}, {"hump": 1.0}, {"hump": 0.5}))
    np.testing.assert_allclose(half.vertices, (base.vertices + changed.vertices) / 2, atol=1e-12)
    assert np.abs(changed.vertices - base.vertices).max() > 1e-3
    np.testing.assert_array_equal(changed.template, base.template)


def test_every_vertex_is_moved_by_bones_that_there_are() -> None:
    np.testing.assert_allclose(BODY.weights.sum(axis=1), 1, atol=0.01)
    assert BODY.weight_bones.max() < len(BODY.bones)
    assert all(parent < k for k, parent in enumerate(BODY.parents))
    lids = [BODY.bones.index(f"lid.{side}") for side in "LR"]
    assert all((BODY.weight_bones[:, 0] == lid).sum() > 20 for lid in lids), "or nobody could blink"


def test_a_body_left_alone_stays_at_rest() -> None:
    matrices = standing(2).matrices()
    np.testing.assert_allclose(matrices, np.broadcast_to(np.eye(4), matrices.shape), atol=1e-12)


def test_bones_carry_their_children() -> None:
    quarter = turned(Y, np.array([np.pi / 2]))
    pose = standing(root=quarter)
    offset = BODY.joints["head"] - BODY.joints["root"]
    turned_offset = np.array([offset[2], offset[1], -offset[0]])
    np.testing.assert_allclose(pose.heads["head"][0], BODY.joints["root"] + turned_offset, atol=1e-12)


def test_frame_and_angle_by_hand() -> None:
    np.testing.assert_allclose(frame(2 * X, X + Y), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(frame(Y, Z)[:, 2], X, atol=1e-12)
    assert angle_about(Z[None], turned(Z, np.array([0.7])))[0] == pytest.approx(0.7)
    assert angle_about(Z[None], turned(X, np.array([0.7])))[0] == pytest.approx(0)


@pytest.mark.parametrize("side", ["L", "R"])
def test_a_wrist_comes_where_it_is_wanted(side: str) -> None:
    pose = standing(3)
    shoulder = pose.heads[f"upperarm01.{side}"]
    wanted = shoulder + np.array([[0.1, -0.1, 0.3], [0.0, 0.2, 0.35], [-0.1, -0.3, 0.2]])
    hand = np.tile(np.eye(3), (3, 1, 1))
    pose.reach(side, wanted, hand, np.tile(-Y, (3, 1)), {})
    np.testing.assert_allclose(pose.heads[f"wrist.{side}"], wanted, atol=1e-9)
    elbow = pose.heads[f"lowerarm01.{side}"]
    for ends, bones in (
        ((elbow, shoulder), ("lowerarm01", "upperarm01")),
        ((wanted, elbow), ("wrist", "lowerarm01")),
    ):
        at_rest = np.linalg.norm(BODY.joints[f"{bones[0]}.{side}"] - BODY.joints[f"{bones[1]}.{side}"])
        np.testing.assert_allclose(np.linalg.norm(ends[0] - ends[1], axis=1), at_rest)
    # the elbow is on the side it was told to be
    assert np.all(elbow[:, 1] < ((shoulder + wanted) / 2)[:, 1])


def test_what_is_out_of_reach_is_approached() -> None:
    pose = standing()
    shoulder = pose.heads["upperarm01.L"]
    pose.reach("L", shoulder + 2 * Z, np.eye(3)[None], -Y[None], {})
    arm = pose.heads["wrist.L"] - shoulder
    assert arm[0, 2] / np.linalg.norm(arm) == pytest.approx(1)
    assert 0.3 < arm[0, 2] < 0.7


@pytest.mark.parametrize("side", ["L", "R"])
def test_a_hand_points_faces_and_holds(side: str) -> None:
    hand = Hand.of(BODY, side)
    assert hand.fingers @ hand.palm == pytest.approx(0, abs=1e-9)
    curl = BODY.joints[f"finger3-tip.{side}"] - BODY.joints[f"finger3-1.{side}"]
    assert curl @ hand.palm > 0, "relaxed fingers bend towards the palm"
    rotation = hand.pointing(Y[None], Z[None])
    np.testing.assert_allclose(rotation[0] @ hand.fingers, Y, atol=1e-12)
    np.testing.assert_allclose(rotation[0] @ hand.palm, Z, atol=1e-12)
    wrist = hand.holding(np.zeros((1, 3)), rotation, forward=0.0, deep=0.03)
    np.testing.assert_allclose(wrist[0] + rotation[0] @ hand.knuckles + 0.03 * Z, 0, atol=1e-12)


@pytest.mark.parametrize("side", ["L", "R"])
def test_bent_fingers_close_towards_the_palm(side: str) -> None:
    hand = Hand.of(BODY, side)
    pose, one = standing(), np.ones((1, 3))
    tip = BODY.joints[f"finger2-tip.{side}"]
    before = pose.point(f"finger2-3.{side}", tip)
    bones = hand.bent([0.3 * one] * 4, 0.2 * one)
    bent = standing(**bones).point(f"finger2-3.{side}", tip)
    assert (bent - before)[0] @ hand.palm > 0.01


def test_the_skeletons_joints_are_where_they_belong() -> None:
    place = dict(zip(JOINTS, joints(standing())[0], strict=True))
    assert len(place) == NUM_JOINTS
    assert place["left_wrist"][0] > 0.3 > -0.3 > place["right_wrist"][0], "left is the player's own, +x"
    assert place["nose"][2] > place["left_ear"][2]
    assert place["left_ear"][0] > place["left_eye"][0] > 0 > place["right_eye"][0] > place["right_ear"][0]
    np.testing.assert_allclose(place["neck"], (place["left_shoulder"] + place["right_shoulder"]) / 2)
    assert place["left_hand_index_4"][1] < place["left_hand_index_1"][1] < place["left_hand_root"][1]


def test_a_look_belongs_to_a_number() -> None:
    assert appearance_of(5) == appearance_of(5)
    assert len({str(appearance_of(number)) for number in range(12)}) == 12


@pytest.mark.parametrize("performer", [0, 8])
def test_what_clothes_cover_is_not_there(performer: int) -> None:
    """So no skin shows through a jacket, whatever the pose: it begins a little inside of cuffs and collar."""
    look = appearance_of(performer)
    body = shape_body(look.mix)
    surfaces = dressed(body, look)
    skin = next(surface for surface in surfaces if surface.material == "skin")
    arm = on_arm(skin.canvas)
    assert along_arm(skin.canvas[arm]).min() > 0.83
    assert skin.canvas[~arm, 1].min() > 0.549
    cuffs = next(s for s in surfaces if s.material == "collar" and along_arm(s.canvas).max() > 0.9)
    assert along_arm(cuffs.canvas[on_arm(cuffs.canvas)]).min() < 0.82


def test_the_surfaces_of_a_performer() -> None:
    surfaces = dressed(BODY, appearance_of(0))
    wanted = {"skin", "eyes", "shirt", "collar", "jacket", "lapel", "trousers", "shoes", "button", "hair"}
    assert {surface.material for surface in surfaces} >= wanted
    for surface in surfaces:
        np.testing.assert_allclose(np.linalg.norm(surface.normals, axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(surface.weights.sum(axis=1), 1, atol=1e-6)
        assert surface.faces.max() == len(surface.vertices) - 1


def test_what_no_camera_sees_of_clothes_can_be_left_out() -> None:
    clothes = dressed(BODY, appearance_of(0), lowest=-0.3)
    assert "shoes" not in {surface.material for surface in clothes}
    trousers = next(surface for surface in clothes if surface.material == "trousers")
    assert trousers.canvas[:, 1].min() == pytest.approx(-0.3, abs=0.01)


@pytest.mark.parametrize("style", STYLES)
def test_hair_grows_on_the_head_and_leaves_the_face_free(style: str) -> None:
    look = Hair(style=style, thick=0.02, hairline=0.0, part=0.025, seed=1)
    coat, strands, *tied = hair(BODY, look)
    assert len(tied) == (style in ("bun", "tail"))
    skin = BODY.vertices[BODY.parts == SKIN]
    assert strands.vertices[:, 1].max() > skin[:, 1].max() + 0.005
    head = BODY.bones.index("head")
    assert (strands.bones[:, 0] == head).all()
    # nothing hangs in front of the eyes, or of the mouth
    eyes = BODY.joints["eye.L"]
    x, y, z = (strands.vertices - eyes).T
    assert not np.any((np.abs(x + eyes[0]) < 0.05) & (y < 0.01) & (z > -0.03))
    far, _ = cKDTree(skin).query(strands.vertices)
    assert far.max() < 0.06
    light = np.linalg.norm(strands.canvas, axis=1)
    assert 0.05 < light.min() < light.max() <= 1.01
    assert np.linalg.norm(coat.canvas, axis=1).max() < np.median(light), "the coat lies in the strands' shade"
