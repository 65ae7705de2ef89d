"""What a video shows about the player: the room, a larger picture of it, something else, or nothing."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from apvg_core.errors import ConfigError, MediaError
from apvg_core.generation.clean_plate import find_clean_plate
from apvg_core.generation.matte import Matte
from apvg_core.generation.surroundings import place, seam, surround
from apvg_core.media.frame_maker import Image, Inset
from apvg_core.media.stills import colour, cover, read_still
from apvg_core.run.conditions import Conditions

SMALLEST: Final = 64
LARGEST: Final = 4096
"""Sides that a canvas may have, in pixels; larger ones are beyond what H.264 decoders take."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)  # arrays have no one truth
class Scene:
    """What is wanted about the player.

    Attributes:
        canvas: Width and height of the video, in pixels, even; None is the square.
        background: A picture [shape=(h, w, 3)] behind the player, in place of the room; None is the room.
        see_through: Nothing is behind the player: the video is transparent there.
    """

    canvas: tuple[int, int] | None = None
    background: Image | None = None
    see_through: bool = False

    def __post_init__(self) -> None:
        if self.see_through and self.background is not None:
            raise ConfigError(
                "--alpha leaves empty what is behind the player, and --background fills it; leave one out."
            )

    @classmethod
    def read(cls, canvas: str | None, background: str | None, *, see_through: bool) -> Self:
        """Read what was asked for.

        Args:
            canvas: Width x height, such as 1920x1080.
            background: A colour (#rrggbb, or a name), or the path of an image.
            see_through: Nothing is to be behind the player.

        Raises:
            ConfigError: One of them cannot be understood, or they contradict each other.
        """
        return cls(
            None if canvas is None else _read_canvas(canvas),
            None if background is None else _read_background(background),
            see_through,
        )

    @property
    def plain(self) -> bool:
        """The video is the square as it is."""
        return self.canvas is None and self.background is None and not self.see_through


AS_FILMED: Final = Scene()
"""The square and its room as they are."""


@dataclass(frozen=True)
class Setting:
    """A scene about one performer.

    Attributes:
        inset: What his frames are set into; None is nothing.
        dress: Prepares consecutive frames (t, size, size, 3) for it: (t, size, size, 3 or 4).
    """

    inset: Inset | None
    dress: Callable[[Image], Image]


def set_scene(scene: Scene, conditions: Conditions, performer: int) -> Setting:
    """Prepare a scene for a run's performer.

    Args:
        scene: What is wanted.
        conditions: The run's.
        performer: An index of its performers.
    """
    if scene.plain:
        return Setting(None, lambda frames: frames)
    # a run that was begun before there were plates has a frame of the player at least
    plate = (conditions.reference if conditions.plate is None else conditions.plate)[performer]
    if scene.background is None and not scene.see_through:
        assert scene.canvas is not None
        return _in_surroundings(plate, *scene.canvas)
    poses = [conditions.average[performer], conditions.reference_keypoints[performer]]
    clean = find_clean_plate(plate, poses)
    if not clean.plain:
        log.warning(
            "The room is so varied that parts of it may be taken for the player; look at the video. In "
            "front of a plain wall the player is cut out cleanly."
        )
    return Setting(_behind(scene, len(plate)), Matte(clean).cut_out)


def _in_surroundings(plate: Image, width: int, height: int) -> Setting:
    """Set the square into more of the room."""
    inset = surround(plate, width, height)
    weights = seam(len(plate), inset)
    rest = (1 - weights) * plate + np.float32(0.5)
    return Setting(inset, lambda frames: (weights * frames + rest).astype(np.uint8))


def _behind(scene: Scene, size: int) -> Inset | None:
    """What is behind the player who is cut out; None is nothing, at the square's own size."""
    if scene.canvas is None:
        if scene.background is None:
            return None
        return Inset(cover(scene.background, size, size), 0, 0, size)
    width, height = scene.canvas
    nothing = np.zeros((height, width, 4), np.uint8)
    still = nothing if scene.background is None else cover(scene.background, width, height)
    return Inset(still, *place(width, height))


def _read_canvas(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,9})[x×](\d{1,9})", text.strip(), re.ASCII)
    if match is None:
        raise ConfigError(
            f"--canvas {text} is not a size; write width x height in pixels, such as 1080x1920."
        )
    width, height = int(match[1]), int(match[2])
    if not all(SMALLEST <= side <= LARGEST and side % 2 == 0 for side in (width, height)):
        raise ConfigError(
            f"--canvas {text} cannot be encoded; both sides must be even, {SMALLEST} to {LARGEST} pixels."
        )
    return width, height


def _read_background(text: str) -> Image:
    named = colour(text)
    if named is not None:
        return named
    try:
        return read_still(Path(text))
    except MediaError as error:
        raise ConfigError(
            f"--background {text} is neither a colour (a name or #rrggbb) nor an image that can be read."
        ) from error
