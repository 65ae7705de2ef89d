"""Quality over time: whether a run's frames are as good late in a long song as at its start.

No footage is half an hour long, so a performer's recordings are played one after the other, again and again,
as one song, and their frames are the truth as often. All frames are generated, by the code that generates,
but only those in some windows are scored. Where a window begins the recordings begin anew, after a rest, as
they do at the song's beginning: all windows have the same music, and nobody has to leap to its first note.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import cycle, pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

import apvg_core
from apvg_core.data.manifest import ManifestEntry
from apvg_core.data.shards import Shard
from apvg_core.data.sound import SOUND_BLOCK
from apvg_core.errors import ConfigError
from apvg_core.evaluation.measurements import Measurements
from apvg_core.evaluation.part_files import part_file, read_made_from, write_part
from apvg_core.evaluation.plan import PlannedRow, check_names, complete_runs
from apvg_core.evaluation.predictors import RunPredictor
from apvg_core.evaluation.results import OverTime, Window
from apvg_core.generation.pipeline import generate_blocks
from apvg_core.metrics.accumulate import FrameMetrics
from apvg_core.metrics.images import ImageFrames
from apvg_core.metrics.registry import METRICS
from apvg_core.metrics.uncertainty import pooled
from apvg_core.progress import Progress
from apvg_core.runtime.load import load_networks
from apvg_core.units import SAMPLE_RATE

STARTS: Final = (0.0, 90.0, 1800.0)
"""Seconds at which windows begin: with the song, where rivals that see their own frames have lost half their
sharpness, and at half an hour."""

WINDOW_S: Final = 10.0
"""Seconds of a window."""

REST_S: Final = 2.0
"""Seconds of silence before a window."""

SCORED: Final = ("psnr", "ssim", "gradient_energy")
"""Metrics of the windows; `details.gradient_energy` is their sharpness."""


Take = tuple[int | None, int]
"""Which recording is played, from its beginning, and for how many frames; None is a rest."""


@dataclass(frozen=True)
class LongSong:
    """Recordings of one performer that a run plays again and again.

    Attributes:
        run: The run.
        recordings: The recordings.
        shards: Their folder.
        starts: Seconds at which windows begin.
        folder: Folder of all parts.
    """

    run: RunPredictor
    recordings: tuple[ManifestEntry, ...]
    shards: Path
    starts: tuple[float, ...]
    folder: Path

    @property
    def path(self) -> Path:
        """The file of the measurements; their blocks of time are the windows."""
        return part_file(self.folder, _row_name(self.run.name), self.recordings[0].id, "npz")

    @property
    def made_from(self) -> str:
        """What the measurements depend on, as JSON."""
        made_from = {
            "apvg": apvg_core.__version__, "shards": [entry.sha256 for entry in self.recordings],
            "method": self.run.made_from, "starts": self.starts, "window": WINDOW_S, "rest": REST_S,
            "metrics": SCORED,
        }  # fmt: skip
        return json.dumps(made_from, sort_keys=True)


def _row_name(run: str) -> str:
    """Return the name under which a run's measurements are kept."""
    return f"{run}, over time"


def plan_over_time(
    rows: Sequence[PlannedRow],
    shards: Path,
    scored: Sequence[ManifestEntry],
    starts: Sequence[float],
    folder: Path,
) -> dict[str, list[LongSong]]:
    """Return the songs of each run among an evaluation's rows whose last stage is trained, one a performer.

    Args:
        rows: The rows.
        shards: The shard folder.
        scored: The recordings.
        starts: Seconds at which windows begin.
        folder: Folder of all parts.

    Raises:
        ConfigError: Windows overlap, there is but one, there is no such run, or two rows would have the same
            name.
    """
    _check(starts)
    runs = complete_runs(rows, "--over-time")
    check_names([*(row.name for row in rows if row.predictor), *(_row_name(run.name) for _, run in runs)])
    performers = sorted({entry.performer for entry in scored})
    by_performer = [tuple(each for each in scored if each.performer == name) for name in performers]
    return {
        title: [LongSong(run, entries, shards, tuple(starts), folder) for entries in by_performer]
        for title, run in runs
    }


def _check(starts: Sequence[float]) -> None:
    """Check that windows can begin at these seconds.

    Raises:
        ConfigError: They cannot.
    """
    apart, least = [b - a for a, b in pairwise(starts)], WINDOW_S + REST_S
    if not apart or min(*starts, *(each - least for each in apart)) < 0 or not np.isfinite(starts).all():
        given = " ".join(f"--at {start:g}" for start in starts)
        raise ConfigError(
            f"{given} must be two or more times, each at least {least:g} s after the one before."
        )


def score_long_song(song: LongSong, on_progress: Progress) -> None:
    """Score the windows of a song, unless they are scored; memory does not grow with the song.

    Raises:
        ApvgError: A recording or the run cannot be used.
    """
    if read_made_from(song.path) == song.made_from:
        return
    with ExitStack() as files:
        shards = [files.enter_context(Shard(song.shards / entry.path)) for entry in song.recordings]
        measured = _score(song, shards, on_progress)
    write_part(song.path, measured, song.made_from, {})


def _score(song: LongSong, shards: Sequence[Shard], on_progress: Progress) -> Measurements:
    fps, performer = shards[0].info.fps, shards[0].info.performer
    starts, length, rest = in_frames(song.starts, fps)
    stop = starts[-1] + length
    end = stop + length  # after the last window the music goes on, for networks that look ahead

    def played() -> Iterator[Take]:
        return takes([len(shard) for shard in shards], starts, rest, end)

    networks = load_networks(song.run.folder, device=song.run.device, stages=song.run.stages)
    blocks = generate_blocks(
        networks, lambda: _sound(shards, played(), fps),
        count=stop, after=length, performer=networks.performer_index(performer), seed=song.run.seed,
    )  # fmt: skip
    windows = [FrameMetrics([METRICS[key] for key in SCORED], ImageFrames) for _ in starts]
    truth = ((index, k) for index, count in played() for k in range(count))
    position = 0
    with closing(blocks):
        for block in blocks:
            assert block.frames is not None
            for generated in block.frames:
                index, k = next(truth)
                window = bisect_right(starts, position) - 1
                if window >= 0 and position < starts[window] + length:
                    assert index is not None, "windows have no rests"
                    shard = shards[index]
                    real = shard.frames(k, k + 1)[0]
                    windows[window].add(real, generated, shard.keypoints[k], shard.visible[k])
                position += 1
            on_progress(f"{song.run.name} over time", position, stop)
    units = {
        key: np.array([(of.series[key].sums.sum(), of.series[key].counts.sum()) for of in windows])
        for key in SCORED
    }
    return Measurements(units, frames=stop)


def in_frames(starts: Sequence[float], fps: float) -> tuple[list[int], int, int]:
    """Return the frames at which windows begin, those of a window, and those of a rest.

    What is rounded never makes a rest begin before the window is over.
    """
    return [round(start * fps) for start in starts], int(WINDOW_S * fps), int(REST_S * fps)


def takes(lengths: Sequence[int], starts: Sequence[int], rest: int, end: int) -> Iterator[Take]:
    """Yield what is played until a song is full.

    All recordings are played in turn, again and again; from the first one where the song or a window begins.

    Args:
        lengths: Frames of each recording.
        starts: Frames of the song at which windows begin, rising.
        rest: Frames of silence before a window.
        end: Frames of the song.
    """
    for first, stop in pairwise([0, *starts, end]):
        silence = min(rest, stop - first) if stop < end else 0
        left = stop - first - silence
        for index in cycle(range(len(lengths))):
            if not left:
                break
            count = min(lengths[index], left)
            yield index, count
            left -= count
        if silence:
            yield None, silence


def _sound(shards: Sequence[Shard], played: Iterator[Take], fps: float) -> Iterator[npt.NDArray[np.float32]]:
    """Yield a song, mono, 44.1 kHz [shape=(samples,) a block], each recording at the sample of its frame."""
    position = 0
    for index, count in played:
        first, stop = (round(frame / fps * SAMPLE_RATE) for frame in (position, position + count))
        samples = np.zeros(0, np.int16) if index is None else shards[index].audio()[: stop - first]
        samples = np.pad(samples, (0, stop - first - len(samples)))
        for at in range(0, len(samples), SOUND_BLOCK):
            yield samples[at : at + SOUND_BLOCK].astype(np.float32) / 2**15
        position += count


def scores_over_time(run: str, songs: Sequence[LongSong], measured: Sequence[Measurements]) -> OverTime:
    """Return the scores of a run's windows, and by how many per cent they differ from those of the first.

    Args:
        run: The run's name in the tables.
        songs: Its songs.
        measured: What was measured of each.
    """
    windows: list[Window] = []
    for index, start in enumerate(songs[0].starts):
        values = {key: pooled(np.stack([each.units[key][index] for each in measured])) for key in SCORED}
        scores = {key: value for key, value in values.items() if value is not None}
        before = windows[0].scores if windows else {}
        changes = {key: 100 * (scores[key] / before[key] - 1) for key in scores if before.get(key)}
        windows.append(Window(start, WINDOW_S, scores, changes))
    return OverTime(run, windows)
