"""Keypoints that OpenPose wrote."""

import json
from pathlib import Path

import numpy as np
import pytest

from apvg_core.errors import MediaError
from apvg_core.features.openpose import BODY_25, OpenPoseFolder
from apvg_core.skeleton import BODY, BODY_JOINTS, JOINTS, LEFT_HAND, RIGHT_HAND

CROP = (100, 50, 400)


def person(body, *, left=None, right=None):
    hands = {f"hand_{name}_keypoints_2d": hand for name, hand in (("left", left), ("right", right)) if hand}
    return {"person_id": [-1], "pose_keypoints_2d": body, **hands}


def numbered(names, *, at=(100, 50), step=10, confidence=0.5):
    """Joint k of `names` at `at` + (k, k) * `step`, in one flat list."""
    return [v for k in range(len(names)) for v in (at[0] + step * k, at[1] + step * k, confidence)]


def write(folder: Path, people_of_images, name="film"):
    folder.mkdir(exist_ok=True, parents=True)
    for index, people in enumerate(people_of_images):
        path = folder / f"{name}_{index:012}_keypoints.json"
        path.write_text(json.dumps({"version": 1.3, "people": people}))
    return folder


def test_coco_and_hands(tmp_path):
    hand = numbered(range(21), at=(200, 100))
    (tmp_path / "x").mkdir()
    (tmp_path / "x/notes.txt").touch()
    write(tmp_path / "x", [[person(numbered(BODY_JOINTS), left=hand)]])
    pose = OpenPoseFolder(tmp_path / "x").pose(0, CROP)
    np.testing.assert_allclose(pose.keypoints[BODY], np.arange(18)[:, None] * [1, 1] * 10 / 400, rtol=1e-6)
    np.testing.assert_allclose(pose.keypoints[LEFT_HAND][4], [140 / 400, 90 / 400], rtol=1e-6)
    np.testing.assert_array_equal(pose.confidence[:39], np.float32(0.5))
    assert np.isnan(pose.keypoints[RIGHT_HAND]).all()
    assert not pose.confidence[RIGHT_HAND].any()
    assert pose.keypoints.dtype == pose.confidence.dtype == np.float32


# OpenPose's documentation, doc/02_output.md
BODY_25_IN_WORDS = {
    0: "Nose", 1: "Neck", 2: "RShoulder", 3: "RElbow", 4: "RWrist", 5: "LShoulder", 6: "LElbow", 7: "LWrist",
    8: "MidHip", 9: "RHip", 10: "RKnee", 11: "RAnkle", 12: "LHip", 13: "LKnee", 14: "LAnkle", 15: "REye",
    16: "LEye", 17: "REar", 18: "LEar", 19: "LBigToe", 20: "LSmallToe", 21: "LHeel", 22: "RBigToe",
    23: "RSmallToe", 24: "RHeel",
}  # fmt: skip


def test_body_25_by_name(tmp_path):
    folder = OpenPoseFolder(write(tmp_path / "x", [[person(numbered(BODY_25))]]))
    places = folder.pose(0, CROP).keypoints[:, 0] * 400 / 10
    sides = {"right": "R", "left": "L"}
    for joint in BODY_JOINTS:
        side, _, part = joint.rpartition("_")
        word = sides.get(side, "") + part.capitalize()
        assert BODY_25_IN_WORDS[round(float(places[JOINTS.index(joint)]))] == word


def test_missed_joints(tmp_path):
    body = numbered(BODY_JOINTS)
    body[0:3] = [0, 0, 0]  # missed
    body[3:6] = [99, 60, 0.9]  # left of the crop
    body[6:9] = [120, 60, 0.01]  # hardly seen
    body[9:12] = [120, 60, 1.02]
    folder = OpenPoseFolder(
        write(tmp_path / "x", [[person(body, right=numbered(range(21), confidence=0.1))]])
    )
    pose = folder.pose(0, (100, 0, 400))
    assert np.isnan(pose.keypoints[:3]).all()
    assert not pose.confidence[:3].any()
    assert pose.confidence[3] == 1
    assert not pose.confidence[RIGHT_HAND].any()
    assert pose.found


def test_nobody(tmp_path):
    folder = OpenPoseFolder(write(tmp_path / "x", [[], [person([])]]))
    assert [folder.pose(k, CROP).found for k in range(2)] == [False, False]
    assert np.isnan(folder.pose(0, CROP).keypoints).all()


def test_the_largest_and_surest_person_in_the_crop_is_taken(tmp_path):
    small = person(numbered(BODY_JOINTS, step=3, confidence=0.9))
    player = person(numbered(BODY_JOINTS, at=(110, 60), step=9, confidence=0.8))
    ghost = person(numbered(BODY_JOINTS, at=(120, 60), step=10, confidence=0.1))
    neighbour = person(numbered(BODY_JOINTS, at=(600, 60), step=20, confidence=0.9))
    folder = OpenPoseFolder(write(tmp_path / "x", [[small, neighbour, player, ghost]]))
    np.testing.assert_allclose(folder.pose(0, CROP).keypoints[0], [10 / 400, 10 / 400], rtol=1e-6)


def test_images_come_by_number(tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    for number in (9, 10, 100):  # as from images: without leading zeros
        text = json.dumps({"people": [person(numbered(BODY_JOINTS, at=(100 + number, 50)))]})
        (folder / f"cello01_{number}_keypoints.json").write_text(text)
    poses = OpenPoseFolder(folder)
    assert len(poses) == 3
    assert [round(float(poses.pose(k, CROP).keypoints[0, 0] * 400)) for k in range(3)] == [9, 10, 100]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"people": [1]}', '{"people": [{}]}', '{"people": [{"pose_keypoints_2d": [1, 2]}]}',
        '{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}', '{"people": [{"pose_keypoints_2d": "text"}]}',
        '{"people": [{"pose_keypoints_2d": [], "hand_left_keypoints_2d": [1, 2, 3]}]}', '{"people": null}',
    ],
)  # fmt: skip
def test_damaged_files_are_named(tmp_path, text):
    (tmp_path / "film_000000000000_keypoints.json").write_text(text)
    with pytest.raises(MediaError, match=r"film_000000000000_keypoints\.json holds no keypoints"):
        OpenPoseFolder(tmp_path).pose(0, CROP)


def test_what_a_mac_leaves_beside_files_is_passed_over(tmp_path):
    write(tmp_path, [[], []])
    (tmp_path / "._film_000000000000_keypoints.json").write_bytes(b"\0\5\26\7")
    assert len(OpenPoseFolder(tmp_path)) == 2
