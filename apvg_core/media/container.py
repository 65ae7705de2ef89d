"""Opens media containers (mp4, mov, mkv, …): one place for their errors and their clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from apvg_core.errors import MediaError

SLACK = 0.5
"""Seconds by which honest files may end before their header says they do; more is damage."""


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """Open a container; what FFmpeg raises inside the block, too, becomes one sentence.

    Raises:
        MediaError: The file is missing, is no media, or is damaged.
    """
    check_exists(path)
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            yield container
    except av.FFmpegError as error:
        raise MediaError(
            f"{path} cannot be decoded ({error.strerror}); it is damaged or neither audio nor video: "
            "convert or copy it anew."
        ) from error


def check_exists(path: Path) -> None:
    """Raise a MediaError if there is no file at `path`."""
    try:
        there = path.is_file()
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror}); check its name, and who may read it."
        ) from error
    if not there:
        raise MediaError(f"{path} is not there (or is not a file); check its name.")


def first_track(container: InputContainer, kind: Literal["audio", "video"]) -> Stream | None:
    """The first track of that kind; a cover picture is not a video."""
    for stream in container.streams:
        if stream.type == kind and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def track_end(path: Path, kind: Literal["audio", "video"]) -> float:
    """The second at which the file's first track of that kind ends, or 0 if it has none.

    Found by reading every packet and decoding none, which is quick: headers do not always tell it
    (browsers' webm) and go on telling it when the file was cut short.

    Raises:
        MediaError: The file is missing, is no media, or ends before its header says. Of an mp3 that cannot
            be known: without a header its length is guessed from its first bit rate.
    """
    with open_container(path) as container:
        zero = clock_zero(container)
        ends = [0.0] * len(container.streams)
        for packet in container.demux():
            stamp = packet.dts if packet.pts is None else packet.pts
            if stamp is not None and packet.time_base is not None and not packet.is_discard:
                end = float((stamp + (packet.duration or 0)) * packet.time_base) - zero
                ends[packet.stream_index] = max(ends[packet.stream_index], end)
        track = first_track(container, kind)
        if track is None:
            return 0.0
        reached = ends[track.index]
        if track.duration is not None:
            assert track.time_base is not None
            declared = float(((track.start_time or 0) + track.duration) * track.time_base) - zero
            complete = reached + SLACK >= declared
        else:  # Matroska has one duration for all tracks, that of the longest
            declared = (container.duration or 0) / av.time_base
            complete = max(ends) + SLACK >= declared
        guessed = container.format.name == "mp3"
    if not complete and not guessed:
        raise cut_short(path, reached, declared)
    return reached


def cut_short(path: Path, reached: float, declared: float) -> MediaError:
    """The error for a file whose content ends at `reached` seconds, not at the `declared` ones."""
    return MediaError(
        f"{path} is damaged: it should last {declared:.1f} s and ends after {reached:.1f} s; "
        "convert or copy it anew."
    )


def clock_zero(container: InputContainer) -> float:
    """The time stamp, in seconds, that is time 0 of the recording.

    It is 0 but for broadcast formats (camcorders' .mts, .ts), whose clocks start anywhere.
    """
    broadcast = container.format.name in ("mpegts", "mpeg")
    return (container.start_time or 0) / av.time_base if broadcast else 0.0
