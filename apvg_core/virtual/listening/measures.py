"""Measures of the listening test: how the keypoints that a run predicts follow what was played."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.instruments import note_hand
from apvg_core.metrics.agreement import playing_axis
from apvg_core.metrics.motion import TURN_DEPTH, motion_arrivals, motion_energy, motion_onsets, turns
from apvg_core.metrics.playing import PLAYING_HAND, WRIST, KnownTrack
from apvg_core.metrics.timing import event_hits
from apvg_core.metrics.uncertainty import Interval, Units, blocks, interval, interval_of, units
from apvg_core.virtual.listening.recordings import BREAKS, CONDITIONS, hand_metres, rests_of
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.trombone_playing import TrombonePlaying

SETTLED: Final = 0.6
"""Seconds after a phrase in which players come to rest, and before one in which they make ready."""


@dataclass(frozen=True)
class Hearing:
    """What was played in one recording, and what a run heard.

    Attributes:
        playing: The truth.
        keypoints: What the run predicts [shape=(n, 60, 2)].
        fps: Frames a second.
    """

    playing: TrombonePlaying | CelloPlaying
    keypoints: npt.NDArray[np.float32]
    fps: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.keypoints) / self.fps

    @property
    def times(self) -> Array:
        """Of the frames, in seconds [shape=(n,)]."""
        return np.arange(len(self.keypoints)) / self.fps

    @property
    def sounding(self) -> npt.NDArray[np.bool_]:
        """Return True for frames in which a note sounds [shape=(n,)]."""
        return self.playing.loudness(self.times) > 0

    @property
    def hand(self) -> KnownTrack:
        """Where slide or left hand are in truth, in metres, and the joint that shows it."""
        which = note_hand(self.playing.score.instrument)
        assert which is not None
        return KnownTrack(hand_metres(self.playing, self.times), which.joint)

    @property
    def bow(self) -> KnownTrack | None:
        """Where the bow is in truth, 0 to 1, and the joint that shows it."""
        if isinstance(self.playing, CelloPlaying):
            return KnownTrack(self.playing.bow(self.times), WRIST)
        return None

    def path(self, joint: int) -> Array:
        """Where a joint is predicted to be [shape=(n, 2)]."""
        return self.keypoints[:, joint].astype(np.float64)


class Heard(NamedTuple):
    """What a run heard under one condition.

    Attributes:
        position: Correlation of slide or left hand with the true one, where a note sounds.
        onsets: F1 of the hand's arrivals or departures against the true onsets of notes, ± 80 ms.
        bow: F1 of the bow's changes, ± 80 ms; None without a bow.
        hand_in_breaks: Mean speed of slide or left hand in breaks over that where a note sounds; None without
            breaks. Players who rest have 0.
        bow_in_breaks: Likewise of the hand that bows; None without a bow, too.
    """

    position: Interval | None
    onsets: Interval | None
    bow: Interval | None
    hand_in_breaks: Interval | None
    bow_in_breaks: Interval | None


class View(NamedTuple):
    """How a position on the instrument is seen in the picture.

    Attributes:
        axis: The direction along which its joint shows it [shape=(2,)].
        scale: What the position changes by while the joint moves by an edge of the picture.
    """

    axis: Array
    scale: float


def measure(hearings: Mapping[str, Sequence[Hearing]]) -> dict[str, Heard]:
    """Measure what a run heard under each condition, by name.

    How hand and bow are seen is learned from the first condition, in which they are heard best.
    """
    best = hearings[next(iter(CONDITIONS))]
    hand = _view(best, lambda hearing: hearing.hand)
    bow = _view(best, lambda hearing: hearing.bow) if best[0].bow else None
    return {name: _measured(some, hand, bow) for name, some in hearings.items()}


def _view(hearings: Sequence[Hearing], track: Callable[[Hearing], KnownTrack | None]) -> View:
    found = [(known, each) for each in hearings if (known := track(each)) is not None]
    positions = np.concatenate([known.positions[each.sounding] for known, each in found])
    path = np.concatenate([each.path(known.joint)[each.sounding] for known, each in found])
    axis = playing_axis(path, positions)
    return View(axis, float(positions.std() / max((path @ axis).std(), 1e-9)))


def _measured(hearings: Sequence[Hearing], hand: View, bow: View | None) -> Heard:
    def speeds(joint: int) -> Interval | None:
        return interval_of(ratio_of_means, units([_speeds(each, joint) for each in hearings]))

    return Heard(
        position=interval_of(correlation_of_sums, units([_sums(each, hand.axis) for each in hearings])),
        onsets=interval(units([_onsets(each) for each in hearings])),
        bow=interval(units([_bow_changes(each, bow) for each in hearings])) if bow else None,
        hand_in_breaks=speeds(hearings[0].hand.joint),
        bow_in_breaks=speeds(WRIST) if bow else None,
    )


def _sums(hearing: Hearing, axis: Array) -> Array:
    """What `correlation_of_sums` takes, of frames that sound, for each block of time [shape=(blocks, 6)]."""
    hand = hearing.hand
    tracks = (hearing.times, hand.positions, hearing.path(hand.joint) @ axis)
    times, x, y = (track[hearing.sounding] for track in tracks)
    pairs = ((x, x * x), (y, y * y), (x * y, np.ones_like(x)))
    return np.hstack([blocks(times, *pair, duration=hearing.duration) for pair in pairs])


def correlation_of_sums(sums: Array) -> Array:
    """Pearson's correlation from Σx, Σx², Σy, Σy², Σxy, n [shape=(6, ...)]; NaN where one never changes."""
    x, xx, y, yy, xy, n = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (n * xx - x * x) * (n * yy - y * y)
        return np.where(spread > 1e-18, (n * xy - x * y) / np.sqrt(spread), np.nan)


def _onsets(hearing: Hearing) -> Units:
    """Which true onsets of notes and events of the playing hand have a partner."""
    onsets = np.array([note.onset for note in hearing.playing.score.notes])
    energy = motion_energy(hearing.keypoints[:, PLAYING_HAND], hearing.fps)
    events = (motion_onsets if hearing.bow else motion_arrivals)(energy, hearing.fps)
    return _partners(hearing, onsets, events)


def _bow_changes(hearing: Hearing, view: View) -> Units:
    """Which changes of the bow, true and predicted, have a partner."""
    assert hearing.bow is not None
    true = turns(hearing.bow.positions, hearing.fps, TURN_DEPTH * view.scale)
    return _partners(hearing, true, turns(hearing.path(WRIST) @ view.axis, hearing.fps))


def _partners(hearing: Hearing, true: Array, found: Array) -> Units:
    """(hits, events) of each block of time, whose pooled mean is F1; events are in seconds."""
    hits = event_hits(true, found).astype(np.float64)
    return blocks(np.concatenate([true, found]), hits, duration=hearing.duration)


def _speeds(hearing: Hearing, joint: int) -> Array:
    """What `ratio_of_means` takes: a joint's speeds in breaks and in notes, by block [shape=(blocks, 4)]."""
    speeds = motion_energy(hearing.keypoints[:, [joint]], hearing.fps)
    times = (np.arange(len(speeds)) + 0.5) / hearing.fps
    resting = np.zeros(len(times), np.bool_)
    for end, onset in rests_of(hearing.playing.score):
        if onset - end >= BREAKS[0]:
            resting |= (times > end + SETTLED) & (times < onset - SETTLED)
    masks = (resting, hearing.playing.loudness(times) > 0)
    return np.hstack([blocks(times[mask], speeds[mask], duration=hearing.duration) for mask in masks])


def ratio_of_means(sums: Array) -> Array:
    """The first mean over the second from Σx, n, Σy, m [shape=(4, ...)]; NaN where there is none."""
    x, n, y, m = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((x / n) / (y / m))
