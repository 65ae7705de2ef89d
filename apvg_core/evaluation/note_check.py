"""A check without truth: is the hand where it belongs for the notes that are heard?

Of a run it takes the keypoints that it predicts for a song, of a video those that the pose estimator finds.
"""

from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.errors import ConfigError, MediaError
from apvg_core.features.alignment import aligned
from apvg_core.features.loudness import normalising_gain
from apvg_core.features.pitch import Pitch, track_pitch
from apvg_core.features.pose import HolisticEstimator
from apvg_core.features.tracks import clean_tracks
from apvg_core.generation.pipeline import frame_count, generate_blocks
from apvg_core.instruments import NoteHand, note_hand
from apvg_core.media.audio import Song, mono_blocks, open_song
from apvg_core.media.isolate import run_isolated
from apvg_core.media.video import nominal_rate, probe, read_frames
from apvg_core.metrics.note_positions import position_hits, position_hits_by_chance
from apvg_core.metrics.uncertainty import Interval, blocks, interval
from apvg_core.progress import Progress, silent
from apvg_core.run.note_positions import NotePositions
from apvg_core.runtime.load import Networks
from apvg_core.wording import note_name

LEAST_FAILURE_S: Final = 0.12
"""What is shorter is the way from one note to the next, and no failure worth telling (s)."""

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A time in which a note is heard and the hand is elsewhere.

    Attributes:
        start: Seconds.
        stop: Seconds.
        midi: The note's MIDI number.
        expected: Where the hand usually is for it, in per cent of its reach: (low, high) of each interval.
        actual: Where it is, in per cent of its reach: the median over that time.
    """

    start: float
    stop: float
    midi: int
    expected: tuple[tuple[float, float], ...]
    actual: float


@dataclass(frozen=True, eq=False, kw_only=True)
class NoteCheck:
    """How well a hand goes with what is heard, frame by frame.

    Attributes:
        fps: Frames a second.
        pitch: The pitch at each frame.
        along: The hand's positions along the axis of the notes [shape=(n,)].
        visible: False where the hand was not seen [shape=(n,)].
        positions: Where it usually is for each note.
        hand: Which hand it is.
    """

    fps: float
    pitch: Pitch
    along: Values
    visible: Mask
    positions: NotePositions
    hand: NoteHand

    @cached_property
    def notes(self) -> Values:
        """MIDI numbers of the notes that are heard while the hand is seen, else NaN [shape=(n,)]."""
        return np.where(self.visible, self.pitch.notes, np.nan)

    @cached_property
    def hits(self) -> Values:
        """1 where the hand is where it belongs, 0 where it is not, NaN where nobody knows [shape=(n,)]."""
        return position_hits(self.notes, self.along, self.positions)

    @property
    def agreement(self) -> float | None:
        """Share of the judged time in which hand and pitch agree; None where nothing is judged."""
        return float(np.nanmean(self.hits)) if self.judged.any() else None

    @property
    def agreement_interval(self) -> Interval | None:
        """The agreement with its 95 % interval, a bootstrap over blocks of two seconds; None for too few."""
        times = np.flatnonzero(self.judged) / self.fps
        units = blocks(times, self.hits[self.judged], duration=len(self.hits) / self.fps)
        return interval(units)

    @property
    def by_chance(self) -> float | None:
        """The agreement of the hand's track shifted in time."""
        return position_hits_by_chance(self.notes, self.along, self.positions)

    @property
    def judged(self) -> Mask:
        """Frames in which a note is heard whose positions are known, and the hand is seen [shape=(n,)]."""
        return np.isfinite(self.hits)

    @property
    def beyond(self) -> Mask:
        """Frames in which a note is heard that was not heard in training for long enough [shape=(n,)]."""
        return np.isfinite(self.notes) & ~self.judged

    def seconds(self, frames: Mask) -> float:
        """Return how long some frames [shape=(n,)] last together."""
        return float(frames.sum() / self.fps)

    def percent(self, along: Values | float) -> Any:
        """Return positions along the axis in per cent of the hand's reach in training, of the same shape."""
        low, high = self.positions.reach
        return 100 * (along - low) / (high - low)

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON; shares are in [0, 1], times in seconds."""
        found = self.agreement_interval
        return {
            "agreement": self.agreement,
            "interval": [found.low, found.high] if found else None,
            "by_chance": self.by_chance,
            "seconds": {
                "all": len(self.along) / self.fps,
                "sounding": self.seconds(self.pitch.sounding),
                "note_heard": self.seconds(self.pitch.voiced),
                "judged": self.seconds(self.judged),
                "not_learned": self.seconds(self.beyond),
            },
            "tuning_semitones": self.pitch.tuning,
            "hand": self.hand.name,
            "failures": [asdict(failure) | {"note": note_name(failure.midi)} for failure in self.failures()],
        }

    def failures(self) -> list[Failure]:
        """List the times in which the hand is elsewhere, in order, but for the shortest."""
        missed = self.hits == 0
        note = np.where(missed, self.notes, -1)
        bounds = [0, *(np.flatnonzero(np.diff(note)) + 1).tolist(), len(note)]
        return [
            self._failure(start, stop)
            for start, stop in pairwise(bounds)
            if missed[start:stop].all() and (stop - start) / self.fps >= LEAST_FAILURE_S
        ]

    def _failure(self, start: int, stop: int) -> Failure:
        midi = int(self.notes[start])
        expected = [
            (float(self.percent(low)), float(self.percent(high))) for low, high in self.positions.known[midi]
        ]
        return Failure(
            start=start / self.fps, stop=stop / self.fps, midi=midi, expected=tuple(expected),
            actual=float(self.percent(float(np.median(self.along[start:stop])))),
        )  # fmt: skip


def checkable(positions: NotePositions, instrument: str) -> NoteHand:
    """Return the hand that is checked.

    Raises:
        ConfigError: No hand's position follows the notes of the instrument, or none was seen often enough.
    """
    hand = note_hand(instrument)
    if hand is None:
        raise ConfigError(
            f"Which note a {instrument} plays cannot be seen by where a hand is; apvg check wants a trombone "
            "or an instrument with strings and a neck."
        )
    if not positions.known:
        raise ConfigError(
            f"The {hand.name} was seen too rarely in training to know where it is for each note; name more "
            "recordings with --shards."
        )
    return hand


def check_performance(
    song: Path,
    networks: Networks,
    positions: NotePositions,
    *,
    performer: str | None = None,
    on_progress: Progress = silent,
) -> NoteCheck:
    """Check the keypoints that a run predicts for a song.

    Args:
        song: Any sound file.
        networks: The run's; the first stage is enough.
        positions: Where the performer's hand usually is for each note.
        performer: One of the run's; None is the first.
        on_progress: Called after each block of frames.

    Raises:
        MediaError: The song cannot be read.
        ConfigError: There is no such performer, or the instrument cannot be checked.
        DependencyError: The pitch tracker is missing.
    """
    index, info = networks.performer_index(performer), networks.info
    hand = checkable(positions, info.instrument)
    points = []
    with open_song(song, on_progress=on_progress) as opened:
        gain = normalising_gain(mono_blocks(opened))
        count = frame_count(opened.duration, info.fps)
        pitch = _pitch(opened, gain, count, info.fps)
        predicted = generate_blocks(
            networks, lambda: mono_blocks(opened), count=count, performer=index, seed=0, gain=gain
        )
        done = 0
        with closing(predicted):
            for block in predicted:
                assert block.keypoints is not None
                points.append(block.keypoints[:, hand.joint])
                on_progress(song.name, done := done + len(block), count)
    return NoteCheck(
        fps=info.fps, pitch=pitch, along=positions.along(np.concatenate(points)),
        visible=np.ones(count, np.bool_), positions=positions, hand=hand,
    )  # fmt: skip


def check_video(
    video: Path,
    song: Path | None,
    *,
    instrument: str,
    positions: NotePositions,
    average: npt.NDArray[np.floating[Any]],
    on_progress: Progress = silent,
) -> NoteCheck:
    """Check the keypoints that the pose estimator finds in a video of a performer whom it knows.

    It need not show the square that the performer was trained in, but the same view: head and trunk are laid
    on the performer's.

    Args:
        video: The video.
        song: Its sound; None is the video's own.
        instrument: What is played.
        positions: Where the performer's hand usually is for each note.
        average: The performer's average keypoints [shape=(60, 2)].
        on_progress: Called after each frame.

    Raises:
        MediaError: Video or sound cannot be read, or nobody is seen.
        ConfigError: The instrument cannot be checked.
        DependencyError: The pitch tracker or MediaPipe is missing.
    """
    hand = checkable(positions, instrument)
    with open_song(video if song is None else song, on_progress=on_progress) as opened:
        found = run_isolated(find_keypoints, video, path=video, on_progress=on_progress)
        keypoints = aligned(found.keypoints, found.visible, average)
        if keypoints is None:
            raise MediaError(
                f"Nobody is seen in {video}; it must show the performer of the run, in the same view."
            )
        gain = normalising_gain(mono_blocks(opened))
        pitch = _pitch(opened, gain, len(keypoints), found.fps)
    return NoteCheck(
        fps=found.fps, pitch=pitch, along=positions.along(keypoints[:, hand.joint]),
        visible=found.visible[:, hand.joint], positions=positions, hand=hand,
    )  # fmt: skip


class FoundKeypoints(NamedTuple):
    """Keypoints found in a video.

    Attributes:
        keypoints: In edges of the square about the whole image [shape=(n, 60, 2)].
        visible: True for what was found, not filled in [shape=(n, 60)].
        fps: Frames a second.
    """

    keypoints: npt.NDArray[np.float32]
    visible: Mask
    fps: float


def find_keypoints(video: Path, *, progress: Progress) -> FoundKeypoints:
    """Find the player's joints in all frames of a video.

    The search for missed hands is left out: the wrists are those of the body.

    Raises:
        MediaError: The video cannot be read.
        DependencyError: MediaPipe is missing.
    """
    info = probe(video)
    fps = nominal_rate(info.fps)
    count = frame_count(info.duration, fps)
    to_square = np.array([info.width, info.height], np.float32) / max(info.width, info.height)
    poses = []
    with closing(HolisticEstimator(video=True)) as estimator:
        for done, frame in enumerate(read_frames(video, fps), start=1):
            poses.append(estimator(frame))
            progress(video.name, done, count)
    tracks = clean_tracks(
        np.stack([pose.keypoints for pose in poses]) * to_square,
        np.stack([pose.confidence for pose in poses]), fps=fps,
    )  # fmt: skip
    return FoundKeypoints(tracks.keypoints, (tracks.confidence > 0) & ~tracks.imputed, fps)


def _pitch(song: Song, gain: float, count: int, fps: float) -> Pitch:
    return track_pitch((block * np.float32(gain) for block in mono_blocks(song)), count=count, fps=fps)
