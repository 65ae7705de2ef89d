"""Images in rows, as in the paper's Figs. 5 and 6, each as an address that holds it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.drawing.heatmaps import heatmaps
from apvg_core.drawing.images import to_images
from apvg_core.media.video import read_frames
from apvg_core.report.performances import Label
from apvg_core.skeleton import GROUPS

EDGE: Final = 192
"""Largest edge of a tile in pixels."""

WEBP_QUALITY: Final = 82

MARK: Final = 7
"""Diameter of a joint in pixels: a single pixel could not be seen."""

_COLOURS: Final = {"body": (1.0, 0.78, 0.25), "left_hand": (0.3, 0.9, 0.6), "right_hand": (0.4, 0.7, 1.0)}

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """An image of a gallery.

    Attributes:
        uri: The image.
        edge: Its width and height in pixels.
        alt: What it shows, for those who do not see it.
        below: The text below it.
    """

    uri: str
    edge: int
    alt: str
    below: str = ""


@dataclass(frozen=True)
class GalleryRow:
    """Images with a label to their left."""

    label: Label
    tiles: list[Tile]


@dataclass(frozen=True)
class Gallery:
    """Images in rows under headings, in a box that scrolls where the page is narrow."""

    name: str
    columns: list[str]
    rows: list[GalleryRow]


def tile(image: Image, alt: str, below: str = "") -> Tile:
    """Encode an image (size, size, 3), reduced to `EDGE`."""
    edge = min(EDGE, len(image))
    small = cv2.resize(image, (edge, edge), interpolation=cv2.INTER_AREA)
    return Tile(image_uri(np.asarray(small, np.uint8)), edge, alt, below)


def image_uri(image: Image) -> str:
    """Encode an image (h, w, 3) as an address that holds it."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    return data_uri("image/webp", data.tobytes())


def data_uri(kind: str, data: bytes) -> str:
    """Return an address that holds a file of a kind such as "image/webp"."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def video_frames(video: Path, fps: float, frames: Sequence[int]) -> list[Image]:
    """Read some frames of a video, in the given order [shape=(h, w, 3) each]."""
    return [next(read_frames(video, fps, first=frame, stop=frame + 1)) for frame in frames]


def draw_joints(keypoints: npt.NDArray[np.float32], edge: int = EDGE) -> Image:
    """Draw Eq. 1 of keypoints (t, 60, 2), coloured by body and hands, enlarged [shape=(t, edge, edge, 3)]."""
    marks = np.zeros((len(keypoints), edge, edge, 3), np.float32)
    for group, colour in _COLOURS.items():
        part = heatmaps(keypoints[:, GROUPS[group]], edge)[:, 0, :, :, None]
        # A joint between four pixels is dim in each: the root makes it visible.
        marks += np.sqrt(np.clip(part, 0, 1)) * np.array(colour, np.float32)
    images = to_images(marks)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (MARK, MARK))
    return np.stack([cv2.dilate(image, disc) for image in images])
