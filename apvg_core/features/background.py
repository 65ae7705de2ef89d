"""Backgrounds behind players, compared to find out if two films are of one camera that stood still.

A film's background is the median of its images where nothing moves. Two are compared by the correlation of
their local contrast, which neither exposure nor a lamp changes, over small displacements: the camera stood
still if they agree best where none is displaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Contrast = npt.NDArray[np.float32]

LONGER_SIDE: Final = 320
"""Longer side of the small images that are compared, in pixels; smaller films stay as they are."""

FINEST: Final = 500
"""Parts of an image's longer side, one of which a camera may be off: half a pixel of a frame of 256."""

ONE_PIXEL: Final = 1.25
"""Pixels of the source by which a camera may always be off: it shook, or was measured so."""

LARGEST: Final = 8
"""Small pixels of displacement up to which a better one is looked for; further off, none would agree."""

AGREE: Final = 0.6
"""Correlation from which on two backgrounds are the same."""

BETTER: Final = 0.01
"""Gain in correlation by which a displacement is not one of chance."""

FAR_BETTER: Final = 0.2
"""The same before a wall all but plain, where a player's edge, as he sways, is half of what is seen."""

BLUR: Final = 4.0
"""Small pixels (standard deviation) over which contrast is local."""

NOISE: Final = 5.0
"""Grey levels (of 255) to which contrast is compared where there is hardly any."""

CHANGE: Final = 0.75
"""Change of local contrast by which something has moved there."""

FAINT: Final = 0.25
"""Local contrast that counts as none: noise, and the marks of coding."""

BRIGHTER: Final = 25.0
"""Change of brightness, in grey levels, by which something plain has moved there."""

TEXTURE: Final = 3e-4
"""Mean square of the local contrast (0 where the player is) below which a wall is plain and tells nothing."""

MUCH_TEXTURE: Final = 5e-3
"""The same from which on a background is not all but plain: a kitchen has .05, a wooden wall .04."""

_EDGE: Final = 2
"""Small pixels about a player that show some of him."""

_FINE: Final = 4
"""Steps to a small pixel at which a displacement is looked for."""


@dataclass(frozen=True, eq=False)  # arrays have no one truth
class Background:
    """The background behind a player.

    Attributes:
        grey: The small image [shape=(h, w)].
        still: True where neither the player is nor anything moves [shape=(h, w)].
        width: Width of the film's own images, in pixels.
        height: Height of the film's own images, in pixels.
    """

    grey: Grey
    still: Mask
    width: int
    height: int

    def encode(self) -> bytes:
        """Encode the small image as a PNG file, transparent where something moves."""
        opaque = np.where(self.still, 255, 0).astype(np.uint8)
        _, data = cv2.imencode(".png", cv2.merge([self.grey, self.grey, self.grey, opaque]))
        return data.tobytes()

    @classmethod
    def decode(cls, data: bytes, width: int, height: int) -> Self:
        """Decode the background of a film of `width` x `height` from `encode`'s file.

        Raises:
            ValueError: It is no such file.
        """
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error:
            image = None
        if image is None or image.shape != (*small_size(width, height), 4):
            raise ValueError("no background")
        return cls(np.asarray(image[:, :, 0], np.uint8), image[:, :, 3] > 0, width, height)


def small_size(width: int, height: int) -> tuple[int, int]:
    """Return height and width of the small image of an image of `width` x `height`."""
    scale = min(1.0, LONGER_SIDE / max(width, height))
    return max(1, round(height * scale)), max(1, round(width * scale))


def small(image: npt.NDArray[np.uint8]) -> Grey:
    """Make an image [shape=(height, width, 3), RGB] small and grey [shape=(h, w)]."""
    height, width = small_size(image.shape[1], image.shape[0])
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def moving(images: Sequence[Grey]) -> Mask:
    """Find where anything moves in a film: what differs from the median in two of its images or more.

    Args:
        images: Small images of the film [shape=(h, w) each].

    Returns:
        True where something moves [shape=(h, w)].
    """
    usual = np.median(np.stack(images), axis=0).astype(np.float32)
    everywhere = np.ones(usual.shape, np.bool_)
    usual_contrast = _contrast(usual, everywhere)
    times = np.zeros(usual.shape, np.int32)
    for image in images:
        brighter = image - usual
        brighter -= np.median(brighter)  # the exposure
        times += (np.abs(_contrast(image, everywhere) - usual_contrast) > CHANGE) | (
            np.abs(brighter) > BRIGHTER
        )
    return np.asarray(times >= 2)


def background_of(images: Sequence[Grey], player: Mask, *, width: int, height: int) -> Background:
    """Compute the background of a film.

    Args:
        images: Small images of the film [shape=(h, w) each].
        player: True where the player is in any of them, or something else moves [shape=(h, w)].
        width: Width of the film's own images, in pixels.
        height: Height of the film's own images, in pixels.
    """
    hidden = cv2.dilate(player.astype(np.uint8), np.ones((2 * _EDGE + 1, 2 * _EDGE + 1), np.uint8))
    grey = np.median(np.stack(images), axis=0).astype(np.uint8)
    return Background(grey, hidden == 0, width, height)


def same_view(one: Background, other: Background) -> bool:
    """Return True if one camera that stood still may have filmed both; before a plain wall it always may."""
    if (one.width, one.height) != (other.width, other.height):
        return False
    a, b = _contrast(one.grey, one.still), _contrast(other.grey, other.still)
    both = one.still & other.still
    texture = max(float((contrast**2 * both).mean()) for contrast in (a, b))
    if texture < TEXTURE:
        return True
    scores = _scores(a, one.still, b, other.still)
    side = _FINE * (2 * LARGEST + 1)
    fine = cv2.resize(scores, (side, side), interpolation=cv2.INTER_CUBIC)
    shifts = (np.arange(side) + 0.5) / _FINE - 0.5 - LARGEST
    longer = max(one.width, one.height)
    allowed = max(ONE_PIXEL, longer / FINEST) * max(one.grey.shape) / longer
    near = np.hypot(shifts[:, None], shifts) <= allowed
    best_near = float(fine[near].max())
    gain = float(fine.max()) - best_near
    return best_near >= AGREE and gain <= (BETTER if texture >= MUCH_TEXTURE else FAR_BETTER)


def _contrast(grey: npt.NDArray[np.generic], still: Mask) -> Contrast:
    """Local contrast: each pixel's difference from those about it, over their usual one [shape=(h, w)].

    Only what is still counts, so that a player casts no edge on the wall behind; the rest is 0.
    """
    weights = still.astype(np.float32)
    total = np.maximum(cv2.GaussianBlur(weights, (0, 0), BLUR), 1e-3)
    image = np.asarray(grey, np.float32)
    difference = (image - cv2.GaussianBlur(image * weights, (0, 0), BLUR) / total) * weights
    usual = np.sqrt(np.maximum(cv2.GaussianBlur(difference**2, (0, 0), BLUR) / total, 0))
    contrast = difference / (usual + NOISE)
    return np.asarray(np.sign(contrast) * np.maximum(np.abs(contrast) - FAINT, 0), np.float32)


def _scores(a: Contrast, a_still: Mask, b: Contrast, b_still: Mask) -> Contrast:
    """Correlations of what is still at displacements of -LARGEST to LARGEST (down, right).

    Source: D. Padfield, "Masked Object Registration in the Fourier Domain" (2012), without the means.
    """
    m, n = a_still.astype(np.float32), b_still.astype(np.float32)
    products = _correlated(a, b)
    energies = _correlated(a**2, n) * _correlated(m, b**2)
    return np.asarray(products / np.sqrt(np.maximum(energies, 1.0)), np.float32)


def _correlated(a: Contrast, b: Contrast) -> npt.NDArray[np.float64]:
    """The sums of a[y + down, x + right] b[y, x] for displacements of -LARGEST to LARGEST (down, right)."""
    shape = (a.shape[0] + LARGEST, a.shape[1] + LARGEST)
    spectrum = np.fft.rfft2(a, shape) * np.conj(np.fft.rfft2(b, shape))
    around = np.roll(np.fft.irfft2(spectrum, shape), (LARGEST, LARGEST), (0, 1))
    return np.asarray(around[: 2 * LARGEST + 1, : 2 * LARGEST + 1])
