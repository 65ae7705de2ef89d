"""Media containers (mp4, mov, mkv, …): opening them, their tracks, and the clock of their time stamps."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from apvg_core.errors import MediaError

SLACK = 0.5
"""Seconds by which honest files may end before their header says they do; more is damage."""

_STARTS_ANEW = 1.0
"""Seconds by which time stamps go back where files were joined; images out of order go back by less."""

_DECLARES_LENGTH: Final = {"mov", "matroska", "avi", "asf", "flv", "wav", "aiff", "caf", "w64"}
"""Formats whose header says how long they are. Of all others FFmpeg guesses it, mostly from a bit rate."""


@contextmanager
def open_container(
    path: Path, part: range | None = None, *, unfinished: bool = False
) -> Iterator[InputContainer]:
    """Open a container; what FFmpeg raises inside the block, too, becomes one sentence.

    Args:
        path: The file.
        part: The bytes of it that are the container; None is all.
        unfinished: A wav's header does not count what follows it: read to the end of the file.

    Raises:
        MediaError: The file is missing, is no media, or is damaged.
    """
    check_exists(path)
    url = file_url(path)
    if part is not None:
        url = f"subfile,,start,{part.start},end,{part.stop},,:{url}"
    try:
        options = {"ignore_length": str(int(unfinished))}  # which only the reader of wav knows
        with av.open(url, options=options, metadata_errors="replace") as container:
            yield container
    except av.FFmpegError as error:
        raise MediaError(
            f"{path} cannot be decoded ({error.strerror}); it is damaged, or neither audio nor video: "
            "convert it or copy it again."
        ) from error


def file_url(path: Path) -> str:
    """Returns a file's name for FFmpeg, which takes what stands before a colon for a protocol."""
    return f"file:{path}"


def check_exists(path: Path) -> None:
    """Raise a MediaError if there is no file at `path`."""
    try:
        exists = path.is_file()
    except OSError as error:
        raise MediaError(
            f"{path} cannot be read ({error.strerror}); check its name and permissions."
        ) from error
    if not exists:
        raise MediaError(f"{path} does not exist (or is not a file); check its name.")


def default_track(container: InputContainer, kind: Literal["audio", "video"]) -> Stream | None:
    """Returns the track that players choose: the first default one of that kind, else the first, or None.

    A cover image is no video.
    """
    tracks = [
        stream
        for stream in container.streams
        if stream.type == kind and not stream.disposition & Disposition.attached_pic
    ]
    marked = [stream for stream in tracks if stream.disposition & Disposition.default]
    return next(iter(marked or tracks), None)


def clock_zero(container: InputContainer) -> float:
    """Returns the time stamp [s] of the recording's time 0: where its sound or its images begin.

    Pieces cut from a longer recording keep that one's clock, and camcorders' (.mts, .ts) start anywhere.
    Of the two tracks the later one keeps its distance from the earlier. Sound before the clock's own zero
    is the encoder's run-up, which is not heard.
    """
    sound, images = (_start(default_track(container, kind)) for kind in ("audio", "video"))
    starts = [] if sound is None else [max(sound, 0.0)]
    starts += [] if images is None else [images]
    return min(starts, default=0.0)


def _start(track: Stream | None) -> float | None:
    if track is None or track.start_time is None or track.time_base is None:
        return None
    return float(track.start_time * track.time_base)


class TrackClock:
    """Clock of a track: turns time stamps into seconds of the recording.

    Where files were joined end to end the stamps start anew; their times go on.

    Attributes:
        end: When the last of the packets so far ends, in seconds.
        joined: When the stamps first started anew, in seconds; None if they have not.
    """

    def __init__(self, zero: float) -> None:
        """Start a clock at the time stamp `zero` [s]; see `clock_zero`."""
        self._shift = -zero
        self._seen = False
        self.end = 0.0
        self.joined: float | None = None

    def __call__(self, start: float, end: float) -> float:
        """Returns the second of the recording at which a packet begins, stamped from `start` to `end` [s]."""
        if self._seen and start + self._shift < self.end - _STARTS_ANEW:
            self.joined = self.end if self.joined is None else self.joined
            self._shift = self.end - start
        self._seen = True
        self.end = max(self.end, end + self._shift)
        return start + self._shift


def track_end(
    path: Path, kind: Literal["audio", "video"], part: range | None = None, *, unfinished: bool = False
) -> float:
    """Returns when the file's track of that kind ends, in seconds; 0 if it has none.

    Found by reading every packet and decoding none, which is quick: headers do not always tell it
    (browsers' webm) and go on telling it when the file was cut short. For `part` and `unfinished` see
    `open_container`.

    Raises:
        MediaError: The file is missing, is no media, or ends before its header says; or it is several films
            in one file.
    """
    with open_container(path, part, unfinished=unfinished) as container:
        zero = clock_zero(container)
        clocks = _read_packets(container, zero)
        track = default_track(container, kind)
        if track is None:
            return 0.0
        reached = clocks[track.index]
        if kind == "video" and reached.joined is not None:
            raise MediaError(
                f"{path} is several films in one file: after {reached.joined:.1f} s its timestamps start "
                "again; give each film by itself, or join them with a video editor."
            )
        if _declares_length(container, kind):
            _check_complete(path, container, track, clocks)
        return reached.end


def _declares_length(container: InputContainer, kind: Literal["audio", "video"]) -> bool:
    name = container.format.name.split(",")[0]
    # FFmpeg counts the time by which an AVI's sound is late, but does not stamp it so
    return name in _DECLARES_LENGTH and (name, kind) != ("avi", "audio")


def _read_packets(container: InputContainer, zero: float) -> list[TrackClock]:
    """Returns the clock of each track after its last packet."""
    clocks = [TrackClock(zero) for _ in container.streams]
    last: dict[int, int] = {}
    for packet in container.demux():
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is not None and packet.time_base is not None and not packet.is_discard:
            index, duration = packet.stream_index, packet.duration or 0
            if not duration and packet.stream.type == "audio":  # as long as the one before
                duration = max(0, stamp - last.get(index, stamp))
            last[index] = stamp
            clocks[index](float(stamp * packet.time_base), float((stamp + duration) * packet.time_base))
    return clocks


def _check_complete(path: Path, container: InputContainer, track: Stream, clocks: list[TrackClock]) -> None:
    """Raise a MediaError if a track ends before the header says."""
    zero, reached = clock_zero(container), clocks[track.index].end
    if track.duration is not None:
        assert track.time_base is not None
        # of Windows Media and of the fragments of an mp4 FFmpeg tells when they end, not how long they are
        ends = container.format.name == "asf" or _is_fragmented(path)
        start = 0 if ends else track.start_time or 0
        declared = float((start + track.duration) * track.time_base) - zero
        complete = reached + SLACK >= declared
    else:  # Matroska has one duration for all tracks, that of the longest
        declared = (container.duration or 0) / av.time_base - zero
        complete = max(clock.end for clock in clocks) + SLACK >= declared
    if not complete:
        raise truncation_error(path, reached, declared)


def _is_fragmented(path: Path) -> bool:
    """Returns True if the outermost boxes are those of an mp4 in fragments (streams, screen recorders)."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = int.from_bytes(head[:4]), head[4:]
            if kind == b"moof":
                return True
            if size == 1:
                size = int.from_bytes(file.read(8)) - 8
            if size < 8:  # to the end of the file, or no mp4
                return False
            file.seek(size - 8, 1)
    return False


def truncation_error(path: Path, reached: float, declared: float) -> MediaError:
    """Returns the error for a file whose content ends at `reached` seconds, not at the `declared` ones."""
    return MediaError(
        f"{path} is damaged: it should last {declared:.1f} s and ends after {reached:.1f} s; convert it or "
        "copy it again."
    )
