"""The word SYNTHETIC, in a corner."""

from typing import Final

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]

_WORD: Final = (
    "### #.# #..# ### #.# ### ### # ###",
    "#.. #.# ##.# .#. #.# #.. .#. # #..",
    "### .#. #.## .#. ### ##. .#. # #..",
    "..# .#. #..# .#. #.# #.. .#. # #..",
    "### .#. #..# .#. #.# ### .#. # ###",
)
"""SYNTHETIC"""


def label(images: Images) -> Images:
    """Copy images (t, h, w, 3 or 4), with the word SYNTHETIC, opaque, in their lower left corner."""
    scale = max(1, images.shape[1] // 128)
    word = np.pad([[dot == "#" for dot in row] for row in _WORD], 2).repeat(scale, 0).repeat(scale, 1)
    labelled = images.copy()
    corner = labelled[:, -word.shape[0] :, : word.shape[1]]
    corner //= 3
    corner[:, word[-corner.shape[1] :, : corner.shape[2]]] = 255
    corner[..., 3:] = 255
    return labelled
