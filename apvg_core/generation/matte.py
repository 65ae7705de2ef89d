"""Mattes: how opaque the player is at each pixel of a frame, and the player's own colours there.

What differs from the clean plate is the player. At the edges a pixel is a mixture, a player + (1 - a) room
(Porter and Duff 1984), which is solved for a, with the player's colour taken from nearby; elsewhere the
player is opaque.

Axes: t frames, h and w the image's.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.generation.clean_plate import CleanPlate, difference, large

Floats = npt.NDArray[np.float32]
Images = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

ROOM: Final = 10.0
"""Distance of colours (of 255) up to which a pixel is the room."""

PLAYER: Final = 24.0
"""Distance from which on it is the player and nothing else, where no other colour of his is near."""

_CONTRAST: Final = 40.0
"""Distance of player and room from which on a mixture of them can be told."""

_MIXED: Final = 20.0
"""Distance that a pixel may have from all mixtures of the two."""

_SPECK: Final = 2500
"""Pieces of room or player smaller than one of so many parts of the image are none."""

_STILL: Final = 8.0
"""Change of a colour, of 255, below which opacity settles slowly, so that it does not flicker."""

_SETTLING: Final = 0.25
"""Share of the way to its new value that opacity goes in a frame where nothing changes."""


class Matte:
    """Cuts the player out of consecutive frames."""

    def __init__(self, clean: CleanPlate) -> None:
        self._clean = clean
        self._last: tuple[Floats, Floats] | None = None
        size = len(clean.image)
        self._reach = max(1, size // 128)  # how many pixels an edge is wide
        self._speck = size**2 // _SPECK

    def cut_out(self, frames_thw3: Images) -> Images:
        """Make the room transparent.

        Args:
            frames_thw3: Those that follow the frames of the call before.

        Returns:
            RGBA (t, h, w, 4), not premultiplied. About the player the colours go on for some pixels, unseen,
            so that scaling and coarse chroma draw no rim; beyond them it is black.
        """
        return np.stack([self._cut_out(frame.astype(np.float32)) for frame in frames_thw3])

    def _cut_out(self, image: Floats) -> Images:
        room, reach = self._clean.image, self._reach
        distance = difference(image, self._clean)
        ground = large(distance < ROOM, self._speck)
        ground = ~large(~ground, self._speck)
        inside = ~_grown(ground, reach)
        edge = ~inside & ~ground
        opacity = np.where(ground, np.float32(0), np.float32(1))
        opacity[edge] = ((distance[edge] - ROOM) / (PLAYER - ROOM)).clip(0, 1)

        colours = image.copy()
        near, weight = _mean(image, inside, reach)
        mixed = edge & (weight > 0)
        player, behind = near[mixed], room[mixed]
        share, fits = _share(image[mixed], player, behind)
        opacity[mixed] = np.where(fits, share, opacity[mixed])
        pure = behind + (image[mixed] - behind) / np.maximum(share, 0.1)[:, None]
        pure = np.where((share > 0.1)[:, None], pure, player)
        colours[mixed] = np.where(fits[:, None], pure, image[mixed])

        opacity = self._settled(image, opacity)
        beyond, weight = _mean(colours, opacity > 0.5, 2 * reach)
        hidden = opacity == 0
        colours[hidden] = np.where(weight > 0, 1, 0)[hidden, None] * beyond[hidden]
        cut_out = np.concatenate([colours, 255 * opacity[:, :, None]], 2)
        return (cut_out.clip(0, 255) + 0.5).astype(np.uint8)

    def _settled(self, image: Floats, opacity: Floats) -> Floats:
        """Let opacity change slowly where the image does not change."""
        if self._last is not None:
            image_before, before = self._last
            change = np.abs(image - image_before).max(2) / _STILL
            opacity = before + change.clip(_SETTLING, 1) * (opacity - before)
            opacity[opacity < 1 / 255] = 0
        self._last = image, opacity
        return opacity


def _share(image: Floats, player: Floats, room: Floats) -> tuple[Floats, Mask]:
    """Solve image = a player + (1 - a) room for a, by least squares over the colours.

    Args:
        image: Colours of some pixels [shape=(n, 3)].
        player: The player's [shape=(n, 3)].
        room: The room's [shape=(n, 3)].

    Returns:
        a in [0, 1] and whether the pixel is such a mixture [shape=(n,) each].
    """
    apart, off = player - room, image - room
    energy = (apart**2).sum(1)
    share = ((apart * off).sum(1) / np.maximum(energy, 1)).clip(0, 1)
    rest = np.linalg.norm(off - share[:, None] * apart, axis=1)
    return share, (energy > _CONTRAST**2) & (rest < _MIXED)


def _grown(mask: Mask, reach: int) -> Mask:
    """Grow a mask by so many pixels, to all eight sides."""
    for _ in range(reach):
        mask = np.pad(mask, 1)
        mask = mask[:-2] | mask[1:-1] | mask[2:]
        mask = mask[:, :-2] | mask[:, 1:-1] | mask[:, 2:]
    return mask


def _mean(image: Floats, where: Mask, reach: int) -> tuple[Floats, Floats]:
    """Average what a mask shows of the squares about each pixel.

    Returns:
        The averages [shape=(h, w, 3)], and of how many pixels they are [shape=(h, w)]; 0 of none.
    """
    weights = where.astype(np.float32)[:, :, None]
    sums = np.pad(np.concatenate([image * weights, weights], 2), ((reach, reach), (reach, reach), (0, 0)))
    height, width = where.shape
    across = range(2 * reach + 1)
    sums = np.add.reduce([sums[k : k + height] for k in across])
    sums = np.add.reduce([sums[:, k : k + width] for k in across])
    return sums[:, :, :3] / np.maximum(sums[:, :, 3:], 1), sums[:, :, 3]
