"""Recordings of virtual performers: how hands, instruments and the truth go together."""

import numpy as np
import pytest

from apvg_core.skeleton import JOINTS
from apvg_core.virtual.body.shape import shape_body
from apvg_core.virtual.manner import Manner, Mood
from apvg_core.virtual.recording import Recording, Take
from apvg_core.virtual.trombonist import Trombonist

HELD = len(shape_body({}).bones)
MOVED = HELD + 1
"""Numbers of the matrices that move what the left hand holds, and what the right one moves."""


def performed(
    instrument: str, times: np.ndarray, *, performer: int = 2, seed: int = 1, seconds: float = 20
) -> tuple[Recording, np.ndarray, np.ndarray]:
    """The recording, the joints' places [shape=(F, 60, 3)] and the matrices of all that moves."""
    recording = Recording(
        Take(
            instrument=instrument, performer=performer, seed=seed, number=0, seconds=seconds,
            timbre="additive", soundfont=None,
        )
    )  # fmt: skip
    _, perform = recording._player()
    motion = perform(Mood.at(recording.expression, times), times)
    return recording, motion.joints, motion.matrices


def test_the_right_hand_goes_with_the_slide() -> None:
    times = np.arange(0, 20, 0.04)
    recording, joints, matrices = performed("trombone", times)
    truth = recording.truth(times, np.zeros((len(times), 60, 2)))["frames"]
    horn, slide = matrices[:, HELD], matrices[:, MOVED]
    out = np.einsum("ij,ij->i", slide[:, :3, 3] - horn[:, :3, 3], horn[:, :3, 0])
    np.testing.assert_allclose(out, Trombonist(2).travel * np.array(truth["slide_metres"]), atol=1e-4)
    grip = joints[:, JOINTS.index("right_hand_middle_1")] - horn[:, :3, 3]
    ahead = np.einsum("ij,ij->i", grip, horn[:, :3, 0])
    assert np.corrcoef(ahead, out)[0, 1] > 0.995


def test_the_left_hand_goes_down_the_fingerboard() -> None:
    times = np.arange(0, 20, 0.04)
    recording, joints, matrices = performed("cello", times, seed=5)
    hand = np.array(recording.truth(times, np.zeros((len(times), 60, 2)))["frames"]["left_hand_metres"])
    cello = matrices[:, HELD]
    along = np.einsum(
        "ij,ij->i", joints[:, JOINTS.index("left_hand_index_1")] - cello[:, :3, 3], cello[:, :3, 1]
    )
    assert np.ptp(hand) > 0.2
    assert np.corrcoef(along, hand)[0, 1] < -0.99


@pytest.mark.parametrize("instrument", ["trombone", "cello"])
@pytest.mark.parametrize("performer", range(10))
def test_every_players_arm_is_long_enough(instrument: str, performer: int) -> None:
    """The right hand keeps its place on the slide or the bow, up to what the wrist gives way."""
    times = np.arange(0, 20, 0.1)
    _, joints, matrices = performed(instrument, times, performer=performer, seed=5)
    part = matrices[:, MOVED]
    hand = joints[:, JOINTS.index("right_hand_middle_1")] - part[:, :3, 3]
    place = np.einsum("fji,fj->fi", part[:, :3, :3], hand)
    assert np.linalg.norm(place - np.median(place, axis=0), axis=1).max() < 0.04


@pytest.mark.parametrize("instrument", ["trombone", "cello"])
def test_heads_do_not_jump(instrument: str) -> None:
    times = np.arange(0, 20, 0.01)
    _, joints, _ = performed(instrument, times)
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=2) / 0.01
    assert speed[:, :2].max() < 1.0


def test_two_players_differ_in_style_and_one_does_not() -> None:
    assert Manner.of(1) == Manner.of(1)
    assert Manner.of(1) != Manner.of(2)


@pytest.mark.parametrize(("instrument", "inside"), [("trombone", 0.98), ("cello", 0.93)])
@pytest.mark.parametrize("performer", [2, 3, 12, 25])
def test_hands_slide_and_bow_stay_in_the_image(instrument: str, inside: float, performer: int) -> None:
    """Whatever the slide's position: in seed 5 it goes to the seventh."""
    times = np.arange(0, 60, 0.2)
    recording, joints, matrices = performed(instrument, times, performer=performer, seed=5, seconds=60)
    player = recording._player()[0]
    upper = [k for k, name in enumerate(JOINTS) if not name.endswith(("hip", "knee", "ankle"))]
    mesh = next(surface for surface in player.surfaces if surface.bones[0, 0] == MOVED)
    part = np.einsum("fij,vj->fvi", matrices[:, MOVED, :3, :3], mesh.vertices)
    part += matrices[:, MOVED, None, :3, 3]
    for places in (player.camera.project(joints[:, upper]), player.camera.project(part)):
        assert places.min() > 1 - inside
        assert places.max() < 1.0


@pytest.mark.parametrize("instrument", ["trombone", "cello"])
@pytest.mark.parametrize("performer", [2, 8])
def test_sleeves_stay_around_the_arms(instrument: str, performer: int) -> None:
    """Whatever the pose: seen along the forearm's middle the sleeve goes all the way around it."""
    recording, joints, matrices = performed(instrument, np.arange(0, 20, 2.0), performer=performer, seed=5)
    surfaces = recording._player()[0].surfaces
    jacket = max((s for s in surfaces if s.material == "jacket"), key=lambda s: len(s.vertices))
    at_rest = np.column_stack([jacket.vertices, np.ones(len(jacket.vertices))])
    for pose, places in zip(matrices, joints, strict=True):
        cloth = np.einsum("vk,vkij,vj->vi", jacket.weights, pose[jacket.bones], at_rest)[:, :3]
        for side in ("left", "right"):
            elbow, wrist = (places[JOINTS.index(f"{side}_{joint}")] for joint in ("elbow", "wrist"))
            axis = (wrist - elbow) / np.linalg.norm(wrist - elbow)
            off = cloth - (elbow + wrist) / 2
            ring = off[(np.abs(off @ axis) < 0.02) & (np.linalg.norm(off, axis=1) < 0.08)]
            across = np.cross(axis, [0.0, 1.0, 0.0])
            turns = np.sort(np.arctan2(ring @ np.cross(axis, across), ring @ across))
            assert np.diff(turns, append=turns[0] + 2 * np.pi).max() < 1.8
