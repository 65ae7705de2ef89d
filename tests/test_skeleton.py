from apvg_core import skeleton


def test_sixty_joints_of_which_every_one_is_reached() -> None:
    assert len(set(skeleton.JOINTS)) == 60
    reached = {0}
    while True:
        more = {b for a, b in skeleton.EDGES if a in reached} | {a for a, b in skeleton.EDGES if b in reached}
        if more <= reached:
            break
        reached |= more
    assert reached == set(range(60))


def test_edges_join_what_they_should() -> None:
    names = {(skeleton.JOINTS[a], skeleton.JOINTS[b]) for a, b in skeleton.EDGES}
    assert len(names) == 17 + 2 * 20 + 2
    assert ("right_elbow", "right_wrist") in names
    assert ("left_hand_root", "left_hand_thumb_1") in names
    assert ("right_hand_index_3", "right_hand_index_4") in names
    assert ("left_wrist", "left_hand_root") in names
