"""Frames side by side, as in the paper's Figs. 5 and 6."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from apvg_core.data.shards import Shard
from apvg_core.evaluation.parts import one_thread
from apvg_core.evaluation.predictors import sound_of
from apvg_core.generation.pipeline import coarse_blocks, sound_windows
from apvg_core.layers.blocks import tensor_to_image
from apvg_core.layers.dlt import heatmap
from apvg_core.media.video import read_frames
from apvg_core.report.html import Html, data_uri, element, scroll_box
from apvg_core.run import read_run
from apvg_core.runtime.load import load_networks
from apvg_core.skeleton import GROUPS

EDGE: Final = 192
"""Tiles are not larger, in pixels."""

WEBP_QUALITY: Final = 82

MARK: Final = 7
"""A joint is enlarged to a disc of so many pixels, for one alone could not be seen."""

_COLOURS: Final = {"body": (1.0, 0.78, 0.25), "left_hand": (0.3, 0.9, 0.6), "right_hand": (0.4, 0.7, 1.0)}

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """An image in a gallery, what it shows for those who do not see it, and what stands below."""

    image: Image
    alt: str
    below: str = ""


def gallery(name: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Tile]]]) -> Html:
    """Images in rows under headings, in a box that scrolls where the page is narrow."""
    head = element("tr", element("td"), *(element("th", column, scope="col") for column in columns))
    body = [
        element("tr", element("th", title, scope="row"), *(element("td", _drawn(tile)) for tile in tiles))
        for title, tiles in rows
    ]
    table = element(
        "table",
        element("thead", head),
        element("tbody", *body),
        class_="gallery",
        aria_label=name,
        style=f"--columns:{len(columns)}",
    )
    return scroll_box(table, name)


def _drawn(tile: Tile) -> Html:
    edge = min(EDGE, len(tile.image))
    small = cv2.resize(tile.image, (edge, edge), interpolation=cv2.INTER_AREA)
    image = element("img", src=image_uri(np.asarray(small)), alt=tile.alt, width=edge, height=edge)
    return element("figure", image, *([element("figcaption", tile.below)] if tile.below else []))


def image_uri(image: Image) -> str:
    """An image as an address that holds it."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    return data_uri("image/webp", data.tobytes())


def film_frames(film: Path, fps: float, frames: Sequence[int]) -> list[Image]:
    """Some frames of a film, in the order that is asked for."""
    return [next(read_frames(film, fps, first=frame, stop=frame + 1)) for frame in frames]


def heatmaps(keypoints: npt.NDArray[np.float32], edge: int = EDGE) -> Image:
    """Eq. 1 of keypoints (t, 60, 2), coloured by body and hands, enlarged [shape=(t, edge, edge, 3)]."""
    marks = torch.zeros(len(keypoints), 3, edge, edge)
    for group, colour in _COLOURS.items():
        part = heatmap(torch.from_numpy(keypoints[:, GROUPS[group]]), edge, edge)
        # A joint between four pixels is dim in each: the root makes it visible.
        marks += part.clamp(max=1).sqrt() * torch.tensor(colour)[:, None, None]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (MARK, MARK))
    return np.stack([cv2.dilate(image, disc) for image in tensor_to_image(marks).numpy()])


@dataclass(frozen=True)
class Source:
    """A run to ask for coarse frames again.

    Attributes:
        folder: The run.
        seed: Of the random variable z.
        device: "auto", "cpu", "cuda", ...
    """

    folder: Path
    seed: int
    device: str


def coarse_frames(source: Source, shard: Shard, frames: Sequence[int]) -> list[Image] | None:
    """Coarse frames as they were when the run was judged: made again from the recording's start.

    Returns:
        None where the run has no coarse video.
    """
    info = read_run(source.folder)
    if "cvg" not in info.recipe.stages or "cvg" not in info.stages:
        return None
    networks = load_networks(source.folder, device=source.device, stages=("cvg",), threads=1)
    performer = networks.performer_index(shard.info.performer)
    windows = sound_windows(lambda: sound_of(shard), networks.info, max(frames) + 1)
    made: dict[int, npt.NDArray[Any]] = {}
    at = 0
    with one_thread():
        for block in coarse_blocks(networks, windows, performer=performer, seed=source.seed):
            assert block.coarse is not None
            for image in tensor_to_image(torch.from_numpy(block.coarse)).numpy():
                if at in frames:
                    made[at] = image
                at += 1
    return [made[frame] for frame in frames]
