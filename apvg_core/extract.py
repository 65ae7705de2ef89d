"""Footage to shards: what the player does (pose) and what is heard (CQT), frame by frame.

Recordings are independent of each other, and one extracted twice comes out the same, so each is a unit of
work: a finished one is passed over, a bad one costs one sentence. A unit decodes in a process of its own,
as a damaged video can crash the decoder.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Final, get_args

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.config import ExtractConfig
from apvg_core.data.shards import (
    ManifestEntry,
    Shard,
    ShardInfo,
    ShardWriter,
    Split,
    sha256_of,
    write_manifest,
)
from apvg_core.data.sources import Recording, assign_splits, find_recordings
from apvg_core.errors import ConfigError, MediaError, ShardError
from apvg_core.features.cqt import stream_cqt, stream_windows, window_starts
from apvg_core.features.crop import square_crop
from apvg_core.features.impute import impute
from apvg_core.features.loudness import normalising_gain
from apvg_core.features.pose import HolisticEstimator, PoseEstimator, estimator_name
from apvg_core.media.audio import Song, mono_blocks, open_song
from apvg_core.media.isolate import run_isolated
from apvg_core.media.video import VideoInfo, nominal_rate, probe, read_frames
from apvg_core.progress import Progress, silent
from apvg_core.units import SAMPLE_RATE, WINDOW_COLUMNS

SAMPLED_FRAMES: Final = 48
"""Frames, spread over a recording, from which its crop is chosen."""

MIN_FOUND: Final = 0.1
"""Share of the sampled frames in which there must be a person."""

MAX_FPS: Final = 120.0

_PCM_PEAK = 2**15 - 1

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ExtractReport:
    """What an extraction came to.

    Attributes:
        written: The shards that were made.
        damaged: A sentence for each damaged shard found beside them.
        skipped: Ids of the recordings whose shards were there already, made from the same files with the
            same settings.
        failures: A sentence for each recording that could not be extracted.
    """

    written: list[ManifestEntry]
    damaged: list[str]
    skipped: list[str]
    failures: list[str]


@dataclass(frozen=True, kw_only=True)
class _Unit:
    """One recording and all that decides what its shards hold, but for the checksums of its files."""

    recording: Recording
    splits: Sequence[Split]
    out: Path
    config: ExtractConfig
    settings: dict[str, Any]

    def shard_id(self, split: Split) -> str:
        return f"{self.recording.id}-{split}"

    def shard_path(self, split: Split) -> Path:
        return self.out / split / self.recording.instrument / f"{self.shard_id(split)}.h5"


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    skipped: bool = False
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What one shard gets of a recording, besides its frames and poses."""

    info: ShardInfo
    frames: slice
    cqt: npt.NDArray[np.float32]
    audio: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return int(self.frames.stop - self.frames.start)


def extract(
    source: Path,
    out: Path,
    config: ExtractConfig,
    *,
    instrument: str | None = None,
    performer: str | None = None,
    executor: Executor | None = None,
    on_progress: Progress = silent,
) -> ExtractReport:
    """Extract footage into the shard folder `out`, beside what is there already.

    Args:
        source: A video or a folder of them; see `find_recordings`.
        out: The shard folder, made if there is none.
        config: The settings. Shards of the same recordings made with others are made anew.
        instrument: See `find_recordings`.
        performer: See `find_recordings`.
        executor: Where the recordings are extracted, if not here one after the other. It must not run them
            in daemonic processes, as each starts a process of its own.
        on_progress: Told of each recording that is done and, without an executor, of each frame.

    Raises:
        MediaError: There is no footage at `source`. (What is wrong with one recording is in the report.)
        ConfigError: See `find_recordings`; or `out` cannot be a folder.
        DependencyError: MediaPipe is not installed.
    """
    recordings = find_recordings(source, instrument=instrument, performer=performer)
    splits = assign_splits(recordings, validation_fraction=config.validation_fraction)
    settings = {**asdict(config), "estimator": estimator_name()}
    units = [
        _Unit(
            recording=recording, splits=splits[recording], out=out, config=config,
            settings={**settings, "splits": list(splits[recording])},
        )
        for recording in recordings
    ]  # fmt: skip
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{out} cannot be made a folder ({error.strerror}); choose another.") from error
    run = map if executor is None else executor.map
    attempt = partial(_attempt, on_progress=on_progress) if executor is None else _attempt
    outcomes = run(attempt, units)
    made: set[str] = set()
    skipped: list[str] = []
    failures: list[str] = []
    try:
        for done, (unit, outcome) in enumerate(zip(units, outcomes, strict=True), start=1):
            if outcome.failure is not None:
                failures.append(outcome.failure)
            elif outcome.skipped:
                skipped.append(unit.recording.id)
            else:
                made |= {unit.shard_id(split) for split in unit.splits}
            on_progress("extract", done, len(units))
    finally:  # also when we are interrupted: what is finished is listed
        entries, damaged = write_manifest(out)
    _warn_of_missing_splits(entries)
    return ExtractReport(
        written=[entry for entry in entries if entry.id in made],
        damaged=damaged, skipped=skipped, failures=failures,
    )  # fmt: skip


def _warn_of_missing_splits(entries: Sequence[ManifestEntry]) -> None:
    """Say whose held-out recordings all failed: there is nothing to judge them by (or to learn from)."""
    splits: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        splits.setdefault((entry.instrument, entry.performer), set()).add(entry.split)
    for (instrument, performer), there in splits.items():
        for missing in set(get_args(Split)) - there:
            log.warning("There are no %s shards of %s, %s.", missing, instrument, performer)


def _attempt(unit: _Unit, on_progress: Progress = silent) -> _Outcome:
    """Extract one recording, unless it is done already; what is wrong with its files becomes a sentence."""
    recording = unit.recording
    try:
        checksum = sha256_of(recording.video)
        beside = None if recording.sound == recording.video else sha256_of(recording.sound)
        settings = {**unit.settings, "sound_sha256": beside}
        if _is_done(unit, settings, checksum):
            return _Outcome(skipped=True)
        # The sound is opened here, as what it decodes to must go even if the process below dies.
        with open_song(recording.sound) as song:
            arguments = unit, settings, checksum, song
            run_isolated(_write_shards, *arguments, path=recording.video, on_progress=on_progress)
        _clear(unit)
    except (MediaError, ShardError) as error:
        return _Outcome(failure=str(error))
    except RuntimeError as error:  # a bug in the other process: it costs this recording, not the others
        log.debug("%s", "\n".join(getattr(error, "__notes__", [])), exc_info=error)
        return _Outcome(failure=f"{recording.video} could not be extracted; --verbose shows why.")
    except OSError as error:
        return _Outcome(
            failure=f"{recording.video} cannot be read ({error.strerror}); check who may read it."
        )
    return _Outcome()


def _is_done(unit: _Unit, settings: dict[str, Any], checksum: str) -> bool:
    for split in unit.splits:
        try:
            with Shard(unit.shard_path(split)) as shard:
                if (shard.info.settings, shard.info.source_sha256) != (settings, checksum):
                    return False
        except ShardError:
            return False
    return True


def _clear(unit: _Unit) -> None:
    """Remove the recording's shard of a split it is no longer in, and what a killed run left behind."""
    for split in get_args(Split):
        path = unit.shard_path(split)
        for stale in path.parent.glob(f"{path.stem}.*"):
            if stale != path or split not in unit.splits:
                stale.unlink()


def _write_shards(
    unit: _Unit, settings: dict[str, Any], checksum: str, song: Song, *, progress: Progress
) -> None:
    """Extract one recording; runs in a process of its own.

    Raises:
        MediaError: The video cannot be decoded, is too short, or shows nobody.
        ShardError: The shards cannot be written.
    """
    recording, config = unit.recording, unit.config
    video = probe(recording.video)
    fps = config.fps or nominal_rate(video.fps)
    if fps > MAX_FPS:
        raise MediaError(f"{recording.video} has {fps:g} frames a second; choose fewer with --fps.")
    times = np.arange(max(1, round(video.duration * fps))) / fps
    crop = _choose_crop(recording, video, fps)
    shared = ShardInfo(
        id="", instrument=recording.instrument, performer=recording.performer, split="train", fps=fps,
        size=config.size, crop=crop, source=recording.source, source_sha256=checksum,
        cqt_mode=config.cqt_mode, window_offset=config.window_offset, first_sample=0, first_column=0,
        settings=settings,
    )  # fmt: skip
    parts = _cut(unit, shared, times, song)
    try:
        with ExitStack() as stack:
            writers = [
                stack.enter_context(ShardWriter(unit.out, part.info, lossless=config.lossless))
                for part in parts
            ]
            estimator: PoseEstimator = stack.enter_context(closing(HolisticEstimator(video=True)))
            of_frame = chain.from_iterable(repeat(w, len(p)) for w, p in zip(writers, parts, strict=True))
            poses = []
            for frame, writer in zip(_squares(recording, crop, fps), of_frame, strict=True):
                poses.append(estimator(frame))
                writer.add_frame(_resized(frame, config.size))
                progress(f"extract {recording.source}", len(poses), len(times))
            keypoints, imputed = impute(np.stack([pose.keypoints for pose in poses]), fps=fps)
            confidence = np.stack([pose.confidence for pose in poses])
            for writer, part in zip(writers, parts, strict=True):
                writer.finish(
                    times=times[part.frames], cqt=part.cqt, keypoints=keypoints[part.frames],
                    confidence=confidence[part.frames], imputed=imputed[part.frames], audio=part.audio,
                )  # fmt: skip
    except OSError as error:
        raise ShardError(
            f"The shards of {recording.video} cannot be written to {unit.out} ({error.strerror or error}); "
            "make room or choose another folder."
        ) from error


def _choose_crop(recording: Recording, video: VideoInfo, fps: float) -> tuple[int, int, int]:
    """The recording's square, from frames spread over all of it."""
    sampling = min(fps, SAMPLED_FRAMES / max(video.duration, 1 / fps))  # a single picture may last 0 s
    with closing(HolisticEstimator(video=False)) as estimator:
        poses = [estimator(frame) for frame in read_frames(recording.video, sampling)]
    found = sum(pose.found for pose in poses)
    if found < max(1, MIN_FOUND * len(poses)):
        raise MediaError(
            f"No person found in {recording.video} (in {found} of {len(poses)} pictures looked at); "
            "use footage that shows the player from the hips up in good light."
        )
    return square_crop(poses, width=video.width, height=video.height)


def _squares(recording: Recording, crop: tuple[int, int, int], fps: float) -> Iterator[npt.NDArray[np.uint8]]:
    """The recording's frames, cut to the square at their own resolution."""
    x, y, side = crop
    for frame in read_frames(recording.video, fps):
        yield frame[y : y + side, x : x + side]


def _resized(square: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    method = cv2.INTER_AREA if len(square) >= size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)


def _cut(unit: _Unit, shared: ShardInfo, times: npt.NDArray[np.float64], song: Song) -> list[_Part]:
    """Divide a recording among its splits: the CQT is of the normalised sound, the audio is as it was."""
    config, count = unit.config, len(times)
    gain = normalising_gain(mono_blocks(song))
    normalised = (block * np.float32(gain) for block in mono_blocks(song))
    if config.cqt_mode == "continuous":
        cqt = np.concatenate(list(stream_cqt(normalised)), axis=1)
    else:
        windows = stream_windows(
            normalised, count=count, fps=shared.fps, mode="clip", offset=config.window_offset, batch=64
        )
        cqt = np.concatenate(list(windows))
    audio = np.concatenate([_pcm(block) for block in mono_blocks(song)])
    parts = []
    for split, frames in _segments(unit, count):
        samples = slice(*(round(frame / shared.fps * SAMPLE_RATE) for frame in (frames.start, frames.stop)))
        first_column = 0
        if config.cqt_mode == "continuous":
            starts = window_starts(times[frames], config.window_offset)
            first_column, stop_column = np.clip([starts[0], starts[-1] + WINDOW_COLUMNS], 0, cqt.shape[1])
            part_cqt = cqt[:, first_column:stop_column]
        else:
            part_cqt = cqt[frames]
        info = replace(
            shared, id=unit.shard_id(split), split=split, first_sample=samples.start,
            first_column=int(first_column),
        )  # fmt: skip
        parts.append(_Part(info=info, frames=frames, cqt=part_cqt, audio=audio[samples]))
    return parts


def _segments(unit: _Unit, count: int) -> list[tuple[Split, slice]]:
    """Which of a recording's `count` frames go to which split."""
    if len(unit.splits) == 1:
        return [(unit.splits[0], slice(0, count))]
    if count < 2:
        raise MediaError(f"{unit.recording.video} is a single picture; use a longer video.")
    held_out = min(max(1, round(unit.config.validation_fraction * count)), count - 1)
    first, second = unit.splits
    return [(first, slice(0, count - held_out)), (second, slice(count - held_out, count))]


def _pcm(block: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    return np.asarray(np.round(np.clip(block, -1, 1) * _PCM_PEAK), np.int16)
