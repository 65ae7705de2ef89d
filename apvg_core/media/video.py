"""Videos: what they are, and their pictures on a uniform clock.

FFmpeg can crash on a damaged file and take the interpreter along: call these through `run_isolated`
where the file is a stranger's.
"""

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
from apvg_core.media.container import SLACK, clock_zero, cut_short, first_track, open_container, track_end

_TICK = 0.001
"""Seconds by which a picture may come late and still be in time: Matroska rounds to milliseconds."""

_RUN_UP = 1.0
"""Seconds before a wanted picture to which is sought."""


NTSC_RATES: Final = (24000 / 1001, 30000 / 1001, 60000 / 1001)
WHOLE_RATES: Final = (10.0, 12.0, 15.0, 20.0, 24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 100.0, 120.0)


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """What a video is.

    Attributes:
        width: Of the upright picture, in pixels.
        height: Of the upright picture, in pixels.
        fps: Pictures a second, on average.
        duration: Seconds from the start of the recording to the end of the last picture.
        has_audio: There is a sound track.
    """

    width: int
    height: int
    fps: float
    duration: float
    has_audio: bool


def nominal_rate(fps: float) -> float:
    """The frame rate a recording was meant to have.

    Phones film at about 30 a second: one file averages 29.91, the next 30.02. What is within 2 % of a usual
    whole rate is taken for that, unless it is a television rate to the fourth digit.
    """
    for rate in NTSC_RATES:
        if abs(fps / rate - 1) < 1e-4:
            return rate
    nearest = min(WHOLE_RATES, key=lambda rate: abs(fps / rate - 1))
    return nearest if abs(fps / nearest - 1) < 0.02 else fps


def probe(path: Path) -> VideoInfo:
    """Look at a video; its packets are read to the end, and its first picture is decoded.

    Raises:
        MediaError: The file is missing, is no video, has no picture that can be decoded, or is cut short.
    """
    duration = track_end(path, "video")
    with open_container(path) as container:
        stream = _video_stream(container, path)
        first = next(container.decode(stream), None)
        if first is None:
            raise _no_picture(path)
        height, width, _ = _upright(first).shape
        rate = stream.average_rate or stream.guessed_rate
        if not rate:
            raise MediaError(f"{path} does not tell its frame rate; convert it to mp4.")
        return VideoInfo(
            width=width, height=height, fps=float(rate), duration=duration,
            has_audio=bool(container.streams.audio),
        )  # fmt: skip


def read_frames(
    path: Path, fps: float, *, first: int = 0, stop: int | None = None
) -> Iterator[npt.NDArray[np.uint8]]:
    """The video's pictures, upright, at `fps` a second [shape=(h, w, 3), RGB].

    Frame i is what is shown at i / fps seconds of the recording, so variable frame rates, repeated and
    dropped pictures come out right; before the first picture it is the first, after the last the last.
    There are max(1, round(duration * fps)) frames.

    Args:
        path: The video.
        fps: Frames a second.
        first: The frame to begin with; what lies before it is sought over, not decoded.
        stop: The frame before which to end, not beyond the last; None reads to the end.

    Raises:
        MediaError: As `probe`; or, while reading, the file is damaged: a packet cannot be decoded, or the
            pictures stop before the packets do.
    """
    if stop is None:
        duration = track_end(path, "video")
        stop = max(1, round(duration * fps))
    else:
        duration = stop / fps
    done, shown = first, None
    with open_container(path) as container:
        zero = clock_zero(container)
        for frame in _decoded_from(container, _video_stream(container, path), first / fps + zero):
            assert frame.time is not None, "FFmpeg makes up for what the file leaves out"
            while shown is not None and done < stop and done / fps + _TICK < frame.time - zero:
                yield _upright(shown)
                done += 1
            if done >= stop:
                return
            shown = frame
        if shown is None:
            raise _no_picture(path)
        assert shown.time is not None
        assert shown.time_base is not None
        end = shown.time + float(shown.duration * shown.time_base) - zero
        if end + SLACK < duration:
            raise cut_short(path, end, duration)
    for _ in range(done, stop):
        yield _upright(shown)


def _decoded_from(container: InputContainer, stream: VideoStream, time: float) -> Iterator[av.VideoFrame]:
    """The pictures from the one shown at `time` on, or from some earlier one."""
    stream.thread_type = "AUTO"
    if time > _RUN_UP:
        # A second early, as the first pictures after a seek may lean on ones from before it.
        container.seek(int((time - _RUN_UP) * av.time_base))
        frames = container.decode(stream)
        landed = next(frames, None)
        if landed is not None and landed.time is not None and landed.time <= time:
            yield landed
            yield from frames
            return
        container.seek(0)  # a container that cannot seek: read it all
    yield from container.decode(stream)


def sample_frames(path: Path, count: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Some pictures spread over the video, upright [shape=(h, w, 3), RGB], found without decoding all of it.

    They are key frames where the video has at least `count` of them, else frames at equal distances.

    Raises:
        MediaError: As `probe`.
    """
    duration = track_end(path, "video")
    with open_container(path) as container:
        stream = _video_stream(container, path)
        keys = [packet.dts for packet in container.demux(stream) if packet.is_keyframe]
        if len(keys) >= count:
            wanted = {keys[k] for k in np.linspace(0, len(keys) - 1, count).astype(int)}
            container.seek(0)
            stream.codec_context.skip_frame = "NONKEY"
            for packet in container.demux(stream):
                if packet.dts in wanted:
                    for frame in packet.decode():
                        yield _upright(frame)
            return
    yield from read_frames(path, count / max(duration, _TICK))


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    stream = first_track(container, "video")
    if not isinstance(stream, VideoStream):
        raise MediaError(f"{path} has no pictures; give a video.")
    return stream


def _no_picture(path: Path) -> MediaError:
    return MediaError(f"{path} holds no picture that can be decoded; convert or copy it anew.")


def _upright(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """The picture as it is meant to be seen: a phone held upright films lying pictures."""
    quarters = round(frame.rotation / 90)
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), quarters))
