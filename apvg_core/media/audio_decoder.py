"""Decodes the sound of what libsndfile cannot read (m4a, mp4, mkv, …) to a wav, on the container's clock."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, groupby
from pathlib import Path
from typing import Final

import av
import numpy as np
import soundfile
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from apvg_core.errors import MediaError
from apvg_core.media.audio_headers import find_ogg_links, is_unfinished
from apvg_core.media.container import (
    SLACK,
    TrackClock,
    clock_zero,
    default_track,
    open_container,
    track_end,
    truncation_error,
)
from apvg_core.media.samples import Block, check_rate, no_samples_error, scratch_sound
from apvg_core.progress import Progress

_GAP_SECONDS = 0.02
"""Seconds between time stamps and samples that make a real gap; less is rounding (Matroska: 1 ms)."""

_LONGEST_GAP = 3600
"""Seconds; time stamps that leap further are damaged."""

_CODEC_PADDING = 4096
"""A codec fills its last packet, of at most this many samples, beyond the end of the track."""

_BARE: Final = {"mp3", "aac", "ac3", "eac3", "dts", "amr", "amrnb", "amrwb", "loas", "flac"}
"""Formats of packets alone: nothing tells how long they last."""

_FORGIVING: Final = {*_BARE, "mpegts", "mpeg"}
"""Formats in which players skip what is no sound: the tags of joined files, what a broadcast has lost."""


def decode_sound(source: Path, target: Path, *, progress: Progress) -> int:
    """Decode a file's sound track to `target`, a float wav that may exceed 4 GB.

    Sample 0 is at time 0 of the container's clock. What changes its sample rate or layout in the middle
    becomes as it began.

    Args:
        source: A media file.
        target: The wav to write.
        progress: Told how many seconds are decoded.

    Returns:
        The number of sound tracks of the file, of which the default one is decoded.

    Raises:
        MediaError: The file is damaged or holds no sound.
    """
    links = find_ogg_links(source)
    parts = links if len(links) > 1 else [None]
    unfinished = is_unfinished(source)
    ends = [track_end(source, "audio", part, unfinished=unfinished) for part in parts]
    file: soundfile.SoundFile | None = None
    with ExitStack() as stack:
        for part, end in zip(parts, ends, strict=True):
            container = stack.enter_context(open_container(source, part, unfinished=unfinished))
            track = default_track(container, "audio")
            if not isinstance(track, AudioStream):
                raise MediaError(f"{source} has no sound; give a file with a sound track.")
            frames = _decoded(source, container, track)
            first = next(frames, None)
            if first is None:
                continue
            if file is None:
                layout = first.layout
                check_rate(source, first.sample_rate)
                file = stack.enter_context(
                    scratch_sound(source, target, first.sample_rate, layout.nb_channels)
                )
            before = file.frames
            for block in _align(source, container, _convert(layout, file.samplerate, chain([first], frames))):
                file.write(block)
                progress("Decoding the sound", file.frames / file.samplerate, sum(ends))
            if container.format.name not in _BARE:
                _trim_padding(source, file, before, end)
        if file is None:
            raise no_samples_error(source)
        return len(container.streams.audio)


def _decoded(source: Path, container: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
    """Decode the frames of a track; forgiving formats may hold packets that cannot be decoded."""
    decoded = refused = 0
    for packet in container.demux(track):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            if container.format.name not in _FORGIVING:
                raise
            refused += 1
            continue
        decoded += len(frames)
        yield from frames
    if refused > decoded:
        raise MediaError(f"{source} is damaged: most of it cannot be decoded; convert it or copy it again.")


def _convert(layout: av.AudioLayout, rate: int, frames: Iterable[AudioFrame]) -> Iterator[AudioFrame]:
    """Convert frames to planar floats of one layout and rate [Hz]."""
    for _, run in groupby(frames, lambda frame: (frame.format.name, frame.layout.name, frame.sample_rate)):
        resampler = av.AudioResampler("fltp", layout, rate)
        for frame in chain(run, [None]):
            yield from resampler.resample(frame)


def _align(source: Path, container: InputContainer, frames: Iterable[AudioFrame]) -> Iterator[Block]:
    """Lay planar frames end to end from time 0 on: gaps become silence, overlaps are cut.

    Yields:
        Blocks [shape=(n, channels), float32].
    """
    clock = TrackClock(clock_zero(container))
    position = 0
    for frame in frames:
        block = np.asarray(frame.to_ndarray().T, np.float32)
        # FLAC has no gaps, and where files were joined FFmpeg stamps it wrongly
        if frame.time is not None and container.format.name != "flac":
            rate = frame.sample_rate
            late = round(clock(frame.time, frame.time + len(block) / rate) * rate) - position
            if late > _LONGEST_GAP * rate:
                raise MediaError(
                    f"{source} is damaged: its timestamps jump by {late / rate / 3600:.0f} hours; convert "
                    "it again."
                )
            if position == 0 or abs(late) > _GAP_SECONDS * rate:
                for start in range(0, late, rate):
                    yield np.zeros((min(rate, late - start), block.shape[1]), np.float32)
                position += max(0, late)
                block = block[max(0, -late) :]
        position += len(block)
        yield block


def _trim_padding(source: Path, file: soundfile.SoundFile, before: int, end: float) -> None:
    """Cut off what the codec added to the last packet, or raise a MediaError if much is missing.

    Args:
        source: The file that was decoded.
        file: The decoded sound; it is truncated.
        before: Number of samples it had before this track.
        end: Length of the track in seconds.
    """
    surplus = file.frames - before - round(end * file.samplerate)
    if 0 < surplus <= _CODEC_PADDING:
        file.truncate(file.frames - surplus)
    if surplus < -SLACK * file.samplerate:
        raise truncation_error(source, end + surplus / file.samplerate, end)
