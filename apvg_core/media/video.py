"""Videos: their properties, and their frames at a uniform rate.

FFmpeg can crash on a damaged file and take the interpreter along: call these through `run_isolated`
where the file is a stranger's.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

from apvg_core.errors import MediaError
from apvg_core.media.container import (
    SLACK,
    clock_zero,
    default_track,
    open_container,
    track_end,
    truncation_error,
)
from apvg_core.media.frame_converter import FrameConverter
from apvg_core.media.interlace import deinterlace

log = logging.getLogger(__name__)

_TICK = 0.001
"""Seconds by which a time stamp may be late: Matroska rounds to milliseconds."""

_RUN_UP = 1.0
"""Seconds by which a seek goes before the frame that is wanted."""


NTSC_RATES: Final = (24000 / 1001, 30000 / 1001, 60000 / 1001)
WHOLE_RATES: Final = (10.0, 12.0, 15.0, 20.0, 24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 100.0, 120.0)


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """Properties of a video.

    Attributes:
        width: Width of the displayed frame: upright, in square pixels.
        height: Height of the displayed frame, in pixels.
        fps: Frames a second, on average.
        duration: Seconds from the start of the recording to the end of the last frame.
        has_audio: There is a sound track.
    """

    width: int
    height: int
    fps: float
    duration: float
    has_audio: bool


def nominal_rate(fps: float) -> float:
    """Returns the frame rate [1/s] that a recording was meant to have.

    Phones film at about 30 a second: one file averages 29.91, the next 30.02. What is within 2 % of a usual
    whole rate is taken for that, unless it is a television rate to the fourth digit.
    """
    for rate in NTSC_RATES:
        if abs(fps / rate - 1) < 1e-4:
            return rate
    nearest = min(WHOLE_RATES, key=lambda rate: abs(fps / rate - 1))
    return nearest if abs(fps / nearest - 1) < 0.02 else fps


def probe(path: Path) -> VideoInfo:
    """Read the properties of a video; its packets are read to the end, and its first frame is decoded.

    Raises:
        MediaError: The file is missing, is no video, has no frame that can be decoded, has no time stamps,
            or is cut short.
    """
    duration = track_end(path, "video")
    converter = _open_converter(path)
    if converter.hdr:
        log.warning("%s is HDR (high dynamic range); its frames are toned down to ordinary ones.", path)
    with open_container(path) as container:
        has_audio = bool(container.streams.audio)
    return VideoInfo(
        width=converter.width,
        height=converter.height,
        fps=_frame_rate(path),
        duration=duration,
        has_audio=has_audio,
    )


def read_frames(
    path: Path, fps: float, *, first: int = 0, stop: int | None = None
) -> Iterator[npt.NDArray[np.uint8]]:
    """Read a video at a uniform frame rate, as a player displays it.

    Frames are upright, their pixels square, not interlaced, of an ordinary dynamic range, and all as large
    as the first. Frame i is the one that is displayed at i / fps seconds of the recording, so variable frame
    rates, repeated and dropped frames come out right. Before the first frame it is the first, after the last
    the last. There are max(1, round(duration * fps)) frames.

    Args:
        path: The video.
        fps: Frames a second.
        first: The frame to begin with; what lies before it is sought over, not decoded.
        stop: The frame before which to end, not beyond the last; None reads to the end.

    Yields:
        Frames [shape=(height, width, 3), uint8, RGB of BT.709].

    Raises:
        MediaError: As `probe`; or, while reading, the file is damaged: a packet cannot be decoded, or the
            frames stop before the packets do.
    """
    if stop is None:
        duration = track_end(path, "video")
        stop = max(1, round(duration * fps))
    else:
        duration = stop / fps
    converter = _open_converter(path)
    done, current, end = first, None, 0.0
    for frame, time in _decode_from(path, first / fps):
        while current is not None and done < stop and done / fps + _TICK < time:
            yield converter.convert(current)
            done += 1
        if done >= stop:
            return
        current = frame
        end = time + float(frame.duration * (frame.time_base or 0))
    if current is None:
        raise _no_frame_error(path)
    if end + SLACK < duration:
        raise truncation_error(path, end, duration)
    for _ in range(done, stop):
        yield converter.convert(current)


def sample_frames(path: Path, count: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Read `count` frames or a few more or less, spread over the video, without decoding all of it.

    They are key frames where the video has at least `count` of them, else frames at equal distances.

    Yields:
        Frames [shape=(height, width, 3), uint8, RGB of BT.709].

    Raises:
        MediaError: As `probe`.
    """
    duration = track_end(path, "video")
    with open_container(path) as container:
        packets = container.demux(_video_stream(container, path))
        keys = [packet.dts for packet in packets if packet.is_keyframe and packet.size]
    if len(keys) < count:
        yield from read_frames(path, count / max(duration, _TICK))
        return
    converter = _open_converter(path)
    wanted = {keys[k] for k in np.linspace(0, len(keys) - 1, count).astype(int)}
    for frame in deinterlace(_decode_keys(path, wanted), "estdif"):
        yield converter.convert(frame)


def _open_converter(path: Path) -> FrameConverter:
    """Returns the converter for a video's frames; its first frame is decoded for that."""
    with open_container(path) as container:
        stream = _video_stream(container, path)
        first = next(container.decode(stream), None)
        if first is None:
            raise _no_frame_error(path)
        return FrameConverter(path, stream, first)


def frame_times(path: Path) -> npt.NDArray[np.float64]:
    """Read when a video's frames are shown, from its packets: seconds of the file's own clock, rising.

    Fields of an interlaced frame can be packets of their own.

    Raises:
        MediaError: The file is missing, is no video, or does not tell.
    """
    with open_container(path) as container:
        times, _ = _stamps(container, _video_stream(container, path))
    if not times:
        raise _no_times_error(path)
    return np.sort(times)


def _stamps(container: InputContainer, stream: VideoStream) -> tuple[list[float], int]:
    """Read the packets' times [s] in the order of the file, and how many packets there are."""
    stamps = [
        packet.dts if packet.pts is None else packet.pts
        for packet in container.demux(stream)
        if packet.size and not packet.is_discard
    ]
    tick = stream.time_base or 0
    return [float(stamp * tick) for stamp in stamps if stamp is not None], len(stamps)


def _frame_rate(path: Path) -> float:
    """Returns the average frame rate [1/s]: the header's, which is exact, if the packets confirm it."""
    with open_container(path) as container:
        stream = _video_stream(container, path)
        declared = float(stream.average_rate or stream.guessed_rate or 0)
        times, packets = _stamps(container, stream)
        counted = stream.frames if container.format.name == "avi" else 0
    if not times:
        raise _no_times_error(path)
    if declared and max(times) + SLACK < counted / declared:  # a length that FFmpeg corrects
        raise truncation_error(path, max(times), counted / declared)
    lasting = max(times) - min(times)
    measured = (packets - 1) / lasting if lasting else 0.0
    # the fields of an interlaced frame can be packets of their own
    if declared and (not measured or any(abs(measured / (declared * k) - 1) < 0.1 for k in (1, 2))):
        return declared
    if not measured:
        raise MediaError(f"{path} does not state its frame rate; convert it to mp4.")
    return measured


def _decode_from(path: Path, time: float) -> Iterator[tuple[av.VideoFrame, float]]:
    """Decode frames and their times [s], from the one displayed at `time` on, or from some earlier one."""
    if time > _RUN_UP:
        # A second early, as the first frames after a seek may depend on ones from before it.
        timed = _decode(path, seek=time - _RUN_UP)
        landed = next(timed, None)
        if landed is not None and landed[1] <= time:
            yield landed
            yield from timed
            return
    yield from _decode(path)  # a container that cannot seek: read it all


def _decode(path: Path, *, seek: float = 0.0) -> Iterator[tuple[av.VideoFrame, float]]:
    """Decode frames and their times [s], from about `seek` seconds on; none if the container cannot seek."""
    with open_container(path) as container:
        zero = clock_zero(container)
        stream = _video_stream(container, path)
        stream.thread_type = "AUTO"
        if seek:
            try:
                container.seek(int((seek + zero) * av.time_base))
            except av.FFmpegError:
                return
        for frame in deinterlace(container.decode(stream)):
            if frame.time is None:
                raise _no_times_error(path)
            yield frame, frame.time - zero


def _decode_keys(path: Path, wanted: set[int | None]) -> Iterator[av.VideoFrame]:
    """Decode the key frames with these decoding time stamps."""
    with open_container(path) as container:
        stream = _video_stream(container, path)
        stream.codec_context.skip_frame = "NONKEY"
        for packet in container.demux(stream):
            if packet.dts in wanted or not packet.size:  # an empty one brings what the decoder holds back
                yield from packet.decode()


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    stream = default_track(container, "video")
    if not isinstance(stream, VideoStream):
        raise MediaError(f"{path} has no frames; give a video.")
    return stream


def _no_times_error(path: Path) -> MediaError:
    return MediaError(f"{path} does not state when its frames are shown; convert it to mp4.")


def _no_frame_error(path: Path) -> MediaError:
    return MediaError(f"{path} holds no frame that can be decoded; convert it or copy it again.")
