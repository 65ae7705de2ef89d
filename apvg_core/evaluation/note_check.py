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

from apvg_core.data.note_positions import run_note_positions
from apvg_core.errors import ConfigError, MediaError
from apvg_core.features.alignment import aligned
from apvg_core.features.loudness import normalising_gain
from apvg_core.features.pitch import Pitch, track_pitch
from apvg_core.features.pose import HolisticEstimator
from apvg_core.features.tracks import clean_tracks
from apvg_core.generation.pipeline import frame_count, generate_blocks
from apvg_core.instruments import NoteHand, note_hand
from apvg_core.media.audio import Song, mono_blocks, open_song
from apvg_core.media.container import check_exists
from apvg_core.media.isolate import run_isolated
from apvg_core.media.video import nominal_rate, probe, read_frames
from apvg_core.metrics.note_positions import position_hits, position_hits_by_chance
from apvg_core.metrics.uncertainty import Interval, blocks, enough_units, interval
from apvg_core.progress import Progress, silent
from apvg_core.run.conditions import read_conditions
from apvg_core.run.info import RunInfo, read_run
from apvg_core.run.note_positions import NotePositions
from apvg_core.runtime.load import load_networks
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
        return interval(units) if enough_units(units) else None

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


@dataclass(frozen=True)
class Player:
    """A run's performer whose notes can be checked.

    Attributes:
        run: The run folder.
        info: Facts about the run.
        name: The performer's name.
        positions: Where the hand usually is for each note.
        hand: Which hand that is.
    """

    run: Path
    info: RunInfo
    name: str
    positions: NotePositions
    hand: NoteHand

    @property
    def index(self) -> int:
        """Index of the performer in the run."""
        return self.info.performers.index(self.name)


def checkable_player(
    run: Path, performer: str | None = None, *, shards: Path | None = None, on_progress: Progress = silent
) -> Player:
    """Find out how a run's performer plays notes.

    Args:
        run: The run folder.
        performer: One of the run's; None is the first.
        shards: Shards to learn it anew from; it is then kept in the run.
        on_progress: Called after each shard.

    Raises:
        ConfigError: There is no such performer, no hand's position follows the notes of the instrument, or
            none was seen often enough.
        RunError: The run is damaged, or does not tell.
        ShardError: The shards cannot be used.
        DependencyError: The pitch tracker is missing.
    """
    info = read_run(run)
    name = info.performers[0] if performer is None else performer
    if name not in info.performers:
        raise ConfigError(f"--performer {name} is not in the run; it holds {', '.join(info.performers)}.")
    hand = note_hand(info.instrument)
    if hand is None:
        raise ConfigError(
            f"The position of a hand does not tell which note a {info.instrument} plays; 'apvg check' "
            "works for trombones and for string instruments with a neck."
        )
    known = run_note_positions(run, shards=shards, on_progress=on_progress)
    if name not in known or not known[name].known:
        raise ConfigError(
            f"The {hand.name} of {name} was seen too rarely in training to know where it is for each note; "
            "name more recordings with --shards."
        )
    return Player(run, info, name, known[name], hand)


def check_performance(
    player: Player, song: Path, *, device: str = "auto", on_progress: Progress = silent
) -> NoteCheck:
    """Check the keypoints that a run predicts for a song.

    Args:
        player: The run's performer.
        song: Any sound file.
        device: "auto", "cpu", "cuda", ...
        on_progress: Called after each block of frames.

    Raises:
        MediaError: The song cannot be read, or nothing of it can be judged.
        RunError: The run is damaged, or its keypoint prediction is not trained.
        ConfigError: There is no such device, or the run predicts no keypoints.
        DependencyError: The pitch tracker is missing.
    """
    info, joint = player.info, player.hand.joint
    if "khp" not in info.recipe.stages:
        raise ConfigError(f"{player.run} predicts no keypoints; check a video of it instead.")
    points = []
    with open_song(song, on_progress=on_progress) as opened:
        networks = load_networks(player.run, device=device, stages=("khp",))
        gain = normalising_gain(mono_blocks(opened))
        count = frame_count(opened.duration, info.fps)
        pitch = _pitch(opened, gain, count, info.fps, info.window_offset)
        predicted = generate_blocks(
            networks, lambda: mono_blocks(opened), count=count, performer=player.index, seed=0, gain=gain
        )
        done = 0
        with closing(predicted):
            for block in predicted:
                assert block.keypoints is not None
                points.append(block.keypoints[:, joint])
                on_progress(song.name, done := done + len(block), count)
    visible = np.ones(count, np.bool_)
    return _judged(player, song, info.fps, pitch, np.concatenate(points), visible)


def check_video(
    player: Player, video: Path, song: Path | None = None, *, on_progress: Progress = silent
) -> NoteCheck:
    """Check the keypoints that the pose estimator finds in a video of a performer.

    It need not show the square that the performer was trained in, but the same view: head and trunk are laid
    on the performer's.

    Args:
        player: The performer.
        video: The video.
        song: Its sound; None is the video's own.
        on_progress: Called after each frame.

    Raises:
        MediaError: Video or sound cannot be read, nobody is seen, or nothing can be judged.
        DependencyError: The pitch tracker or MediaPipe is missing.
    """
    check_exists(video)
    average = read_conditions(player.run, player.info).average[player.index]
    heard, joint = song or video, player.hand.joint
    with open_song(heard, on_progress=on_progress) as opened:
        found = run_isolated(find_keypoints, video, path=video, on_progress=on_progress)
        keypoints = aligned(found.keypoints, found.visible, average)
        if keypoints is None:
            raise MediaError(
                f"Nobody is seen in {video}; it must show the performer of the run, in the same view."
            )
        gain = normalising_gain(mono_blocks(opened))
        pitch = _pitch(opened, gain, len(keypoints), found.fps, player.info.window_offset)
    return _judged(player, heard, found.fps, pitch, keypoints[:, joint], found.visible[:, joint])


def _judged(
    player: Player,
    heard: Path,
    fps: float,
    pitch: Pitch,
    points: npt.NDArray[np.floating[Any]],
    visible: Mask,
) -> NoteCheck:
    check = NoteCheck(
        fps=fps, pitch=pitch, along=player.positions.along(points), visible=visible,
        positions=player.positions, hand=player.hand,
    )  # fmt: skip
    if not check.judged.any():
        raise MediaError(
            f"Nothing of {heard} can be judged: no note that {player.name} played in training is heard while "
            f"the {player.hand.name} is seen."
        )
    return check


class FoundKeypoints(NamedTuple):
    """Keypoints found in a video.

    Attributes:
        keypoints: In widths of the square about the whole image [shape=(n, 60, 2)].
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


def _pitch(song: Song, gain: float, count: int, fps: float, offset: float) -> Pitch:
    """Track the pitch at a song's frames; `offset` seconds after each is what a run takes for its moment."""
    blocks = (block * np.float32(gain) for block in mono_blocks(song))
    return track_pitch(blocks, count=count, fps=fps, offset=offset)
