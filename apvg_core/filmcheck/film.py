"""What is measured of a film, before anything is judged."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.data.sources.recording import Recording
from apvg_core.extract.survey import View
from apvg_core.features.background import Grey
from apvg_core.features.pose import Pose
from apvg_core.media.video import VideoInfo

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Hand(NamedTuple):
    """How a hand looks in a picture; NaN where it is unknown where it is.

    Attributes:
        blur: By `blur_effect`, in [0, 1].
        brightness: Of the brightest tenth about it, in [0, 255].
    """

    blur: float
    brightness: float


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of a film that was looked at closely.

    Attributes:
        time: Seconds.
        pose: The player's joints.
        hands: How the left and the right hand look.
        displaced: How far the camera is displaced since its window began, in shares of the picture's longer
            side; NaN where it cannot be told.
        grey: A small image of it.
        thumb: A larger one, as a JPEG file.
    """

    time: float
    pose: Pose
    hands: tuple[Hand, Hand]
    displaced: float
    grey: Grey
    thumb: bytes


@dataclass(frozen=True, eq=False)
class Window:
    """A few seconds of a film.

    Attributes:
        pictures: Those that were looked at closely, in order.
        steps: Mean differences between neighbouring frames, in grey levels [shape=(frames-1,)].
        other: Time (s) and joints of a second person, if one is seen in the middle of the window.
    """

    pictures: list[Picture]
    steps: Values
    other: tuple[float, Pose] | None


@dataclass(frozen=True, eq=False)
class Heard:
    """What is heard in a film, or in excerpts of a long one.

    Attributes:
        rate: Moments a second; moment k is at k / rate seconds.
        heard: True where it was listened to [shape=(n,)].
        sounding: True where something sounds [shape=(n,)].
        clear: True where hardly anything but one pitch sounds [shape=(n,)].
        notes: MIDI number of the note that sounds; NaN where none does [shape=(n,)].
    """

    rate: float
    heard: Mask
    sounding: Mask
    clear: Mask
    notes: Values


@dataclass(frozen=True, eq=False)
class Film:
    """All that is measured of a film.

    Attributes:
        recording: Where it lies, and what is played.
        video: Its properties.
        times: When its frames are shown, in seconds [shape=(frames,)].
        windows: The parts whose pictures were looked at, in order.
        planned: Number of parts that were to be looked at; fewer were if the time was up.
        heard: Its sound.
        view: The player and the background.
    """

    recording: Recording
    video: VideoInfo
    times: Values
    windows: list[Window]
    planned: int
    heard: Heard
    view: View

    @cached_property
    def pictures(self) -> list[Picture]:
        """The pictures of all windows."""
        return [picture for window in self.windows for picture in window.pictures]

    @cached_property
    def keypoints(self) -> Values:
        """Joints in [0, 1] of the picture, NaN where missed [shape=(pictures, 60, 2)]."""
        return np.stack([picture.pose.keypoints for picture in self.pictures]).astype(np.float64)

    @cached_property
    def visible(self) -> Mask:
        """Joints that were found [shape=(pictures, 60)]."""
        return np.stack([picture.pose.confidence for picture in self.pictures]) > 0

    @cached_property
    def outside(self) -> Mask:
        """Joints that seem to be beyond the picture's edges [shape=(pictures, 60)]."""
        return np.stack([picture.pose.outside for picture in self.pictures])
