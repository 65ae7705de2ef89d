"""The word in the corner."""

import numpy as np

from apvg_core.drawing.label import label


def test_the_label_is_in_a_corner_and_leaves_the_rest() -> None:
    grey = np.full((2, 256, 256, 3), 90, np.uint8)
    labelled = label(grey)
    assert (grey == 90).all()
    changed = np.argwhere((labelled[0] != 90).any(-1))
    assert changed[:, 0].min() > 220
    assert changed[:, 1].max() < 90
    assert (labelled == 255).any()
    assert label(grey[:, :32, :32]).shape == (2, 32, 32, 3)


def test_the_label_is_opaque() -> None:
    labelled = label(np.zeros((1, 256, 256, 4), np.uint8))[0]
    assert (labelled[..., :3] == 255).any()
    assert (labelled[labelled[..., 0] == 255, 3] == 255).all()
    assert not labelled[:200].any()
