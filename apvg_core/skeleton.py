"""The 60 joints of a player and the edges between them.

OpenPose's 18 body joints (its COCO order and edges, Cao et al. 2019) and 2 x 21 hand joints
(Simon et al. 2017). "left" and "right" are the player's own. The paper builds its graph "in the same
manner as performed in OpenPose"; OpenPose leaves body and hands apart, so two edges of ours tie each
hand's root to its wrist, without which the arm could not inform the fingers.
"""

from typing import Final

BODY_JOINTS: Final = (
    "nose", "neck",
    "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle",
    "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip

FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")
HAND_JOINTS: Final = ("root", *(f"{finger}_{k}" for finger in FINGERS for k in range(1, 5)))

JOINTS: Final = (
    *BODY_JOINTS,
    *(f"left_hand_{joint}" for joint in HAND_JOINTS),
    *(f"right_hand_{joint}" for joint in HAND_JOINTS),
)
NUM_JOINTS: Final = len(JOINTS)

BODY: Final = slice(0, 18)
LEFT_HAND: Final = slice(18, 39)
RIGHT_HAND: Final = slice(39, 60)
GROUPS: Final = {"body": BODY, "left_hand": LEFT_HAND, "right_hand": RIGHT_HAND}

BODY_EDGES: Final = (
    (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7),
    (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13),
    (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
HAND_EDGES: Final = tuple(
    (0 if k == 0 else 4 * finger + k, 4 * finger + k + 1) for finger in range(5) for k in range(4)
)
WRIST_EDGES: Final = (
    (BODY_JOINTS.index("left_wrist"), LEFT_HAND.start),
    (BODY_JOINTS.index("right_wrist"), RIGHT_HAND.start),
)
EDGES: Final = (
    *BODY_EDGES,
    *((LEFT_HAND.start + a, LEFT_HAND.start + b) for a, b in HAND_EDGES),
    *((RIGHT_HAND.start + a, RIGHT_HAND.start + b) for a, b in HAND_EDGES),
    *WRIST_EDGES,
)

assert NUM_JOINTS == 60
