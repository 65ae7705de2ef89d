"""The last step: the parts of a recording, and its sound, become its shards."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, get_args

import h5py
import numpy as np
import numpy.typing as npt

from apvg_core.config import Split
from apvg_core.data.shards import ShardInfo, ShardWriter
from apvg_core.errors import MediaError
from apvg_core.extract.poses import part_path
from apvg_core.extract.survey import Survey
from apvg_core.extract.unit import Unit
from apvg_core.features.cqt import stream_cqt, stream_windows, window_starts
from apvg_core.features.loudness import normalising_gain
from apvg_core.features.tracks import clean_tracks
from apvg_core.files import printable
from apvg_core.media.audio import Song, mono_blocks
from apvg_core.media.chunks import open_sound
from apvg_core.progress import Progress
from apvg_core.units import SAMPLE_RATE, WINDOW_COLUMNS

_PCM_PEAK: Final = 2**15 - 1
_WINDOWS_AT_A_TIME: Final = 64


@dataclass(frozen=True)
class _Share:
    """The frames, CQT columns and samples of a recording that one shard holds."""

    split: Split
    frames: range
    columns: range
    samples: range


def assemble(unit: Unit, survey: Survey, *, progress: Progress) -> None:
    """Write the shards of a recording whose parts are all done; nothing if they exist.

    A cluster runs a step again when the worker is lost that did it, even after its last line.

    Raises:
        MediaError: The sound cannot be read, or the recording is too short.
        OSError: The shards cannot be written.
    """
    if unit.is_done():
        _clear(unit)
        return
    keypoints, confidence = (_joined(unit, survey, name) for name in ("keypoints", "confidence"))
    tracks = clean_tracks(keypoints, confidence, fps=survey.fps)
    times = unit.recording.images.start + np.arange(survey.count) / survey.fps
    with open_sound(unit.recording.sound) as song, ExitStack() as stack:
        shares = [_share(unit, frames, split, times) for split, frames in _segments(unit, survey.count)]
        writers = [stack.enter_context(ShardWriter(unit.out, _info(unit, survey, share))) for share in shares]
        _write_frames(unit, survey, shares, writers)
        _write_sound(unit, survey, song, shares, writers)
        for share, writer in zip(shares, writers, strict=True):
            part = slice(share.frames.start, share.frames.stop)
            if survey.set_up is not None:
                writer.add_set_up(survey.set_up)
            writer.finish(
                times=times[part],
                keypoints=tracks.keypoints[part],
                confidence=tracks.confidence[part],
                imputed=tracks.imputed[part],
            )
    progress(f"extract {unit.recording.source}", survey.count, survey.count)
    _clear(unit)


def _segments(unit: Unit, count: int) -> list[tuple[Split, range]]:
    """The splits of a recording and the frames, of `count`, that each holds."""
    if len(unit.splits) == 1:
        return [(unit.splits[0], range(count))]
    if count < len(unit.splits):
        pictures = "a single picture" if count == 1 else f"{count} pictures long"
        raise MediaError(f"{unit.recording.source} is {pictures}; use a longer video.")
    fractions = {"validation": unit.config.validation_fraction, "test": unit.config.test_fraction}
    segments: list[tuple[Split, range]] = []
    stop = count
    for before, split in reversed(list(enumerate(unit.splits))):  # the later ones get their share first
        frames = min(max(1, round(fractions[split] * count)), stop - before) if before else stop
        segments.insert(0, (split, range(stop - frames, stop)))
        stop -= frames
    return segments


def _share(unit: Unit, frames: range, split: Split, times: npt.NDArray[np.float64]) -> _Share:
    first, last = times[frames.start], times[frames.stop - 1]
    starts = window_starts(np.array([first, last]), unit.config.window_offset)
    step = last - times[frames.stop - 2] if len(frames) > 1 else 0.0
    return _Share(
        split=split,
        frames=frames,
        columns=range(max(0, int(starts[0])), max(0, int(starts[1]) + WINDOW_COLUMNS)),
        samples=range(round(first * SAMPLE_RATE), round((last + step) * SAMPLE_RATE)),
    )


def _info(unit: Unit, survey: Survey, share: _Share) -> ShardInfo:
    recording, config = unit.recording, unit.config
    continuous = config.cqt_mode == "continuous"
    return ShardInfo(
        id=unit.shard_id(share.split), instrument=recording.instrument, performer=recording.performer,
        split=share.split, fps=survey.fps, size=config.size, crop=survey.crop,
        source=printable(recording.source), source_sha256=unit.source_sha256,
        cqt_mode=config.cqt_mode, window_offset=config.window_offset,
        first_sample=share.samples.start, first_column=share.columns.start if continuous else 0,
        settings=unit.settings,
    )  # fmt: skip


def _joined(unit: Unit, survey: Survey, name: str) -> npt.NDArray[np.float32]:
    """The parts' arrays of one name, one after the other [shape=(n, 60, …)]."""
    arrays = []
    for part in survey.parts:
        with h5py.File(part_path(unit, survey, part), "r", locking=False) as file:
            arrays.append(file[name][:])
    return np.concatenate(arrays)


def _write_frames(unit: Unit, survey: Survey, shares: list[_Share], writers: list[ShardWriter]) -> None:
    for part in survey.parts:
        with h5py.File(part_path(unit, survey, part), "r", locking=False) as file:
            for share, writer in zip(shares, writers, strict=True):
                wanted = _overlap(part, share.frames)
                for data in file["frames"][wanted.start - part.start : wanted.stop - part.start]:
                    writer.add_encoded(data)


def _write_sound(
    unit: Unit, survey: Survey, song: Song, shares: list[_Share], writers: list[ShardWriter]
) -> None:
    """Stream the sound into the shards: the CQT is of the normalised sound, the audio is as it was."""
    config = unit.config
    gain = np.float32(normalising_gain(mono_blocks(song)))
    normalised = (block * gain for block in mono_blocks(song))
    if config.cqt_mode == "continuous":
        pieces: Iterable[npt.NDArray[Any]] = (piece.T for piece in stream_cqt(normalised))
        ranges = [share.columns for share in shares]
    else:
        pieces = stream_windows(
            normalised, count=survey.count, fps=survey.fps, mode="clip",
            offset=config.window_offset + unit.recording.images.start, batch=_WINDOWS_AT_A_TIME,
        )  # fmt: skip
        ranges = [share.frames for share in shares]
    for writer, piece in _dealt(pieces, ranges, writers):
        writer.add_cqt(piece.T if config.cqt_mode == "continuous" else piece)
    samples = (_pcm(block) for block in mono_blocks(song))
    for writer, piece in _dealt(samples, [share.samples for share in shares], writers):
        writer.add_audio(piece)


def _dealt(
    pieces: Iterable[npt.NDArray[Any]], ranges: list[range], writers: list[ShardWriter]
) -> Iterator[tuple[ShardWriter, npt.NDArray[Any]]]:
    """Deal consecutive pieces of something out to those whose rows they hold."""
    start = 0
    for piece in pieces:
        here = range(start, start + len(piece))
        for wanted, writer in zip(ranges, writers, strict=True):
            common = _overlap(here, wanted)
            yield writer, piece[common.start - start : common.stop - start]
        start = here.stop


def _overlap(one: range, other: range) -> range:
    start = max(one.start, other.start)
    return range(start, max(start, min(one.stop, other.stop)))


def _pcm(block: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    return np.asarray(np.round(np.clip(block, -1, 1) * _PCM_PEAK), np.int16)


def _clear(unit: Unit) -> None:
    """Remove the recording's shards of splits and instruments it is no longer in, and its unfinished work."""
    current = {unit.shard_path(split) for split in unit.splits}
    for split in get_args(Split):
        for stale in unit.out.glob(f"{split}/*/{unit.shard_id(split)}.*"):
            if stale not in current:
                stale.unlink(missing_ok=True)
    shutil.rmtree(unit.work.parent, ignore_errors=True)
