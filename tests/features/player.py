"""A player drawn by hand: forearms of 0.2 that point down, wrists 0.25 apart, hands of 0.1."""

import numpy as np

from apvg_core.features.arms import LEFT, RIGHT
from apvg_core.skeleton import HAND_JOINTS, NUM_JOINTS

FOREARM = 0.2
LEFT_WRIST, RIGHT_WRIST = np.array([0.65, 0.6]), np.array([0.4, 0.6])


def hand(root, *, size=0.1, turn=0.0):
    """A flat hand [shape=(21, 2)] that points down from its root, or is turned by so many degrees."""
    joints = np.zeros((len(HAND_JOINTS), 2))
    for finger in range(5):
        for k in range(1, 5):
            joints[4 * finger + k] = (finger - 2) * size / 10, k * size / 4
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    return np.asarray(root) + joints @ [[cos, sin], [-sin, cos]]


def player(frames=1):
    """The player, standing still [shape=(frames, 60, 2)], float64."""
    joints = np.full((frames, NUM_JOINTS, 2), 0.3)
    for arm, wrist in ((LEFT, LEFT_WRIST), (RIGHT, RIGHT_WRIST)):
        joints[:, arm.shoulder] = wrist - [0, 2 * FOREARM]
        joints[:, arm.elbow] = wrist - [0, FOREARM]
        joints[:, arm.wrist] = wrist
        joints[:, arm.hand] = hand(wrist)
    return joints
