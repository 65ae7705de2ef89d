"""Draw good and bad framing for the film guide, from a frame of a cellist and one of a trombonist.

python -m examples.framing CELLO.mp4 TROMBONE.mp4 docs/assets/framing

The films are those of `apvg virtual film`. The bad pictures are made of the cellist's good one.
"""

import sys
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.media.video import read_frames

SIZE: Final = 360
SECOND: Final = 3
FPS: Final = 25

Image = npt.NDArray[np.uint8]


def main() -> None:
    """Read the films' names and the folder's, and write the pictures."""
    cello, trombone, out = map(Path, sys.argv[1:])
    moving = list(islice(read_frames(cello, FPS), SECOND * FPS, SECOND * FPS + 8))
    player = _square(moving[0])
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "good.jpg", player)
    _write(out / "good-trombone.jpg", _square(next(islice(read_frames(trombone, FPS), SECOND * FPS, None))))
    _write(out / "cut.jpg", _cut(player))
    _write(out / "far.jpg", _far(player))
    _write(out / "dark.jpg", _dark(player))
    _write(out / "blurred.jpg", _square(np.mean(moving, axis=0).astype(np.uint8)))


def _square(image: Image) -> Image:
    """The middle square."""
    height, width = image.shape[:2]
    left = (width - height) // 2
    return image[:, left : left + height]


def _cut(image: Image) -> Image:
    """A camera that looks past the player: the bowing hand is out of the picture."""
    height, width = image.shape[:2]
    side = height * 11 // 20
    return image[height // 10 : height // 10 + side, width - side :]


def _far(image: Image) -> Image:
    """A camera that is too far away: the room goes on as at the left edge."""
    side = SIZE // 3
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    wall = small[:, : side // 4]
    shelf = small[: side * 2 // 3, : side // 4]
    above = np.pad(shelf, ((SIZE - side, 0), (0, 0), (0, 0)), mode="symmetric")[: SIZE - side]
    room = np.pad(np.concatenate([above, wall]), ((0, 0), (side, SIZE), (0, 0)), mode="symmetric")[:, :SIZE]
    room[SIZE - side :, side : 2 * side] = small
    return room


def _dark(image: Image) -> Image:
    """Little light, and the noise of a sensor that makes up for it."""
    noise = np.random.default_rng(0).normal(0, 9, image.shape)
    return np.clip(image * 0.25 + noise, 0, 255).astype(np.uint8)


def _write(path: Path, image: Image) -> None:
    square = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    if not cv2.imwrite(str(path), square[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88]):
        sys.exit(f"{path} cannot be written.")


if __name__ == "__main__":
    main()
