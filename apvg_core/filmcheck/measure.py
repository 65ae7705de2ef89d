"""Measures a film: its clock, its pictures, its sound."""

import numpy as np

from apvg_core.data.sources.recording import Recording
from apvg_core.errors import MediaError
from apvg_core.extract.survey import view_of
from apvg_core.filmcheck.film import Film, Values
from apvg_core.filmcheck.pictures import look
from apvg_core.filmcheck.sound import listen
from apvg_core.filmcheck.windows import plan_windows, reading_rate
from apvg_core.media.frame_sources import VideoFrames
from apvg_core.media.video import frame_times
from apvg_core.progress import Progress


def measure(recording: Recording, windows: int, *, progress: Progress) -> Film:
    """Measure a film.

    Args:
        recording: The film, and what is played in it.
        windows: Parts of it that are looked at, at most; fewer, from all over it, when `look`'s time is up.
        progress: Called now and then.

    Raises:
        MediaError: It cannot be decoded, has no sound, or shows nobody.
        DependencyError: MediaPipe or the pitch tracker is missing.
    """
    video = recording.images.probe()
    rate = reading_rate(video.fps)
    heard = listen(recording.sound, windows, progress=progress)
    planned = plan_windows(video.duration, rate, windows)
    looked = look(recording.images, rate, planned, progress=progress)
    pictures = [picture for window in looked for picture in window.pictures]
    if not any(picture.pose.found for picture in pictures):
        raise MediaError(
            f"No person found in {recording.source} (in none of {len(pictures)} pictures looked at); "
            "film the player from the hips up in good light."
        )
    view = view_of(
        [picture.grey for picture in pictures],
        [picture.pose for picture in pictures],
        width=video.width,
        height=video.height,
    )
    times = _times(recording, video.duration, video.fps)
    return Film(recording, video, times, looked, len(planned), heard, view)


def _times(recording: Recording, duration: float, fps: float) -> Values:
    if isinstance(recording.images, VideoFrames):
        return frame_times(recording.images.path)
    return np.arange(max(1, round(duration * fps))) / fps
