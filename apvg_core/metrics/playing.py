"""Evidence of how well the motion of one recording plays its music, from which `music` takes its metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.metrics.agreement import main_axis
from apvg_core.metrics.motion import motion_arrivals, motion_energy, motion_onsets
from apvg_core.metrics.onsets import onset_times, strength_of_steps
from apvg_core.metrics.timing import Lag, lag
from apvg_core.run.note_positions import NotePositions
from apvg_core.skeleton import BODY_JOINTS, RIGHT_HAND

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float32]

WRIST: Final = BODY_JOINTS.index("right_wrist")
"""Joint of the hand that bows or moves the slide."""

PLAYING_HAND: Final = [WRIST, RIGHT_HAND.start]
"""Joints whose motion is that of the playing hand."""

LEAST_FRAMES: Final = 3
"""A joint visible in fewer frames has no track."""


class KnownTrack(NamedTuple):
    """A position on the instrument that is known.

    Attributes:
        positions: In the instrument's own terms [shape=(n,)].
        joint: Index of the joint that follows it in the image.
    """

    positions: Values
    joint: int


class Tracks(NamedTuple):
    """A joint's positions along one axis of the image.

    Attributes:
        real: The true joint's [shape=(n,)].
        predicted: The predicted joint's [shape=(n,)].
        mask: Frames in which the true joint is visible [shape=(n,)].
    """

    real: Values
    predicted: Values
    mask: Mask


@dataclass(frozen=True, eq=False, kw_only=True)
class Playing:
    """The motion of one recording beside its sound.

    Attributes:
        real: True keypoints in [0, 1] [shape=(n, 60, 2)].
        predicted: Predicted keypoints, or the true ones once more [shape=(n, 60, 2)].
        visible: False for joints that the pose estimator missed [shape=(n, 60)].
        strength: Onset strength of the sound, from `onsets.onset_strength` [shape=(columns,)].
        sounding: Frames that sound [shape=(n,)].
        fps: Frames a second.
        bowed: True for instruments whose right hand sets out with a note; others, such as a slide, arrive
            with it.
        known: Known positions on the instrument by name: "slide", "bow", "left_hand".
        known_sounding: Frames that are known to sound, where positions are known [shape=(n,)].
        notes: MIDI number of the note that is heard at each frame, NaN where none is [shape=(n,)].
        positions: Where the hand usually is for each note; None where nobody knows.
    """

    real: Points
    predicted: Points
    visible: Mask
    strength: Values
    sounding: Mask
    fps: float
    bowed: bool
    known: Mapping[str, KnownTrack] = field(default_factory=dict)
    known_sounding: Mask | None = None
    notes: Values | None = None
    positions: NotePositions | None = None

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.real) / self.fps

    @cached_property
    def onsets(self) -> Values:
        """Onsets of the music in seconds [shape=(onsets,)]."""
        return onset_times(self.strength)

    @cached_property
    def energy(self) -> Values:
        """Motion energy of all joints [shape=(n-1,)]."""
        return motion_energy(self.predicted, self.fps)

    @cached_property
    def hand_energy(self) -> Values:
        """Motion energy of the playing hand [shape=(n-1,)]."""
        return motion_energy(self.predicted[:, PLAYING_HAND], self.fps)

    @cached_property
    def hand_events(self) -> Values:
        """Departures of a bowing hand, arrivals of another, in seconds [shape=(events,)]."""
        return (motion_onsets if self.bowed else motion_arrivals)(self.hand_energy, self.fps)

    @cached_property
    def lag(self) -> Lag | None:
        """The playing hand's lag behind the sound."""
        steps = strength_of_steps(self.strength, len(self.hand_energy), self.fps)
        return lag(self.hand_energy, steps, self.fps)

    @cached_property
    def wrist(self) -> Tracks | None:
        """The playing wrist along the axis of its true motion; None if it is hardly ever visible."""
        mask = self.visible[:, WRIST]
        if mask.sum() < LEAST_FRAMES:
            return None
        return self.tracks(WRIST, main_axis(self.real[mask, WRIST]), mask)

    def tracks(self, joint: int, axis: Values, mask: Mask) -> Tracks:
        """Return a joint's tracks along an axis of the image.

        Args:
            joint: Its index.
            axis: A vector of length 1 [shape=(2,)].
            mask: Frames that count [shape=(n,)].
        """
        real, predicted = (
            keypoints[:, joint].astype(np.float64) @ axis for keypoints in (self.real, self.predicted)
        )
        return Tracks(real, predicted, mask)
