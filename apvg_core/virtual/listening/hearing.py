"""Hearing: from the keypoints that a run predicts is measured how hand and bow follow what was played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from apvg_core.errors import ConfigError
from apvg_core.generation.pipeline import coarse_blocks, sound_windows
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.metrics.agreement import playing_axis
from apvg_core.metrics.metric import Events
from apvg_core.metrics.music import bow_f1
from apvg_core.metrics.playing import KnownTrack, Playing
from apvg_core.metrics.timing import event_hits
from apvg_core.metrics.uncertainty import Interval, Units, blocks, interval, interval_of, units
from apvg_core.progress import Progress, silent
from apvg_core.run.info import read_run
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.skeleton import BODY_JOINTS
from apvg_core.truth import TRACKS
from apvg_core.virtual.listening.recordings import CONDITIONS, Excerpt, hand_metres, make, plan
from apvg_core.virtual.music.cello_playing import CelloPlaying
from apvg_core.virtual.music.paths import Array
from apvg_core.virtual.music.trombone_playing import TrombonePlaying
from apvg_core.virtual.recording import check_amount

INSTRUMENTS: Final = ("trombone", "cello")


class Heard(NamedTuple):
    """What a run heard under one condition.

    Attributes:
        position: Correlation of slide or left hand with the true one, where a note sounds.
        onsets: F1 of the hand's arrivals or departures against the true onsets of notes, ± 80 ms.
        bow: F1 of the bow's changes, ± 80 ms; None without a bow.
    """

    position: Interval | None
    onsets: Interval | None
    bow: Interval | None


def listen(
    runs: Sequence[Path],
    out: Path,
    *,
    sounds: Path | None = None,
    recordings: int = 4,
    seconds: float = 30.0,
    device: str = "auto",
    jobs: int | None = None,
    on_progress: Progress = silent,
) -> dict[Path, dict[str, Heard]]:
    """Make the test's recordings, unless they are there, and let runs hear them.

    Args:
        runs: Run folders of trombones and cellos; of each only the keypoints are predicted.
        out: The folder of the recordings, which can be listened to.
        sounds: A folder of sounds with the notes that are held out (`sound.timbres.HELD_OUT`).
        recordings: How many for each condition.
        seconds: Length of each.
        device: "auto", "cpu", "cuda", ...
        jobs: Recordings made at a time; None is one a core.
        on_progress: Called after each recording that was made, and each that was heard.

    Returns:
        What each run heard, by condition.

    Raises:
        ConfigError: A number is out of range, the held-out notes or FluidSynth are missing, or a run plays
            another instrument.
        RunError: A run is damaged or has no keypoint prediction.
    """
    check_amount(recordings, seconds)
    instruments = {run: read_run(run).instrument for run in runs}
    for run, instrument in instruments.items():
        if instrument not in INSTRUMENTS:
            raise ConfigError(f"{run} plays the {instrument}; the listening test has trombone and cello.")
    tests = {
        instrument: plan(instrument, out, sounds, recordings, seconds)
        for instrument in dict.fromkeys(instruments.values())
    }
    make([each for test in tests.values() for each in test], jobs, on_progress)
    return {run: _hear(run, tests[instruments[run]], device, on_progress) for run in runs}


def _hear(run: Path, tests: Sequence[Excerpt], device: str, on_progress: Progress) -> dict[str, Heard]:
    networks = load_networks(run, device=device, stages=("khp",))
    hearings: dict[str, list[Hearing]] = {name: [] for name in CONDITIONS}
    for count, test in enumerate(tests, start=1):
        hearings[test.condition].append(Hearing.of(networks, test))
        on_progress("hear", count, len(tests))
    # Along which way in the picture the hand moves is what it shows where it is heard best.
    axis = _axis(hearings[next(iter(CONDITIONS))])
    return {name: _measured(some, axis) for name, some in hearings.items()}


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

    @classmethod
    def of(cls, networks: Networks, test: Excerpt) -> "Hearing":
        """Let a run hear a recording."""
        info, playing = networks.info, test.recording.playing
        count = round(test.take.seconds * info.fps)
        with open_song(test.path) as song:
            windows = sound_windows(lambda: mono_blocks(song), info, count)
            blocks = coarse_blocks(networks, windows, performer=0, seed=0)
            keypoints = np.concatenate([block.keypoints for block in blocks if block.keypoints is not None])
        return cls(playing, keypoints, info.fps)

    @property
    def times(self) -> Array:
        """Of the frames, in seconds [shape=(n,)]."""
        return np.arange(len(self.keypoints)) / self.fps

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.keypoints) / self.fps

    @property
    def sounding(self) -> npt.NDArray[np.bool_]:
        """Return True for frames in which a note sounds [shape=(n,)]."""
        return self.playing.loudness(self.times) > 0

    @property
    def known(self) -> Mapping[str, KnownTrack]:
        """True positions, by name."""
        if isinstance(self.playing, CelloPlaying):
            tracks = {
                "left_hand_metres": hand_metres(self.playing, self.times),
                "bow_position": self.playing.bow(self.times),
            }
        else:
            tracks = {"slide_metres": hand_metres(self.playing, self.times)}
        return {
            TRACKS[key][0]: KnownTrack(track, BODY_JOINTS.index(TRACKS[key][1]))
            for key, track in tracks.items()
        }

    @property
    def hand(self) -> tuple[Array, Array]:
        """The true position of the hand that finds the pitch, and the predicted joint's [shape=(n, 2)]."""
        name = "left_hand" if isinstance(self.playing, CelloPlaying) else "slide"
        positions, joint = self.known[name]
        return positions, self.keypoints[:, joint].astype(np.float64)

    @property
    def evidence(self) -> Playing:
        """What metrics of music take; the predicted keypoints alone are known here."""
        visible = np.ones(self.keypoints.shape[:2], bool)
        return Playing(
            real=self.keypoints, predicted=self.keypoints, visible=visible, strength=np.zeros(1),
            sounding=self.sounding, fps=self.fps, bowed=isinstance(self.playing, CelloPlaying),
            known=self.known, known_sounding=self.sounding,
        )  # fmt: skip


def _axis(hearings: Sequence[Hearing]) -> Array:
    """The way in the picture along which the predicted hand shows its position [shape=(2,)]."""
    hands = [(each.hand, each.sounding) for each in hearings]
    known = np.concatenate([positions[sounding] for (positions, _), sounding in hands])
    path = np.concatenate([points[sounding] for (_, points), sounding in hands])
    return playing_axis(path, known)


def _measured(hearings: Sequence[Hearing], axis: Array) -> Heard:
    bows = [_pooled(each, events) for each in hearings if (events := bow_f1(each.evidence)) is not None]
    return Heard(
        position=interval_of(correlation_of_sums, units([_sums(each, axis) for each in hearings])),
        onsets=interval(units([_pooled(each, _onsets(each)) for each in hearings])),
        bow=interval(units(bows)) if bows else None,
    )


def _pooled(hearing: Hearing, events: Events) -> Units:
    """(sum, count) of each block of time."""
    return blocks(events.times, events.values, duration=hearing.duration)


def _onsets(hearing: Hearing) -> Events:
    """Which true onsets of notes and events of the hand have a partner."""
    onsets = np.array([note.onset for note in hearing.playing.score.notes])
    found = hearing.evidence.hand_events
    return Events(np.concatenate([onsets, found]), event_hits(onsets, found).astype(np.float64))


def _sums(hearing: Hearing, axis: Array) -> Array:
    """What `correlation_of_sums` takes, of frames that sound, for each block of time [shape=(blocks, 6)]."""
    positions, points = hearing.hand
    sounding = hearing.sounding
    times, x, y = hearing.times[sounding], positions[sounding], (points @ axis)[sounding]
    pairs = ((x, x * x), (y, y * y), (x * y, np.ones_like(x)))
    return np.hstack([blocks(times, *pair, duration=hearing.duration) for pair in pairs])


def correlation_of_sums(sums: Array) -> Array:
    """Pearson's correlation from Σx, Σx², Σy, Σy², Σxy, n [shape=(6, ...)]; NaN where one never changes."""
    x, xx, y, yy, xy, n = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (n * xx - x * x) * (n * yy - y * y)
        return np.where(spread > 1e-18, (n * xy - x * y) / np.sqrt(spread), np.nan)
