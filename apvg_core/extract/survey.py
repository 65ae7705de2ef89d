"""The first look at a recording: how long it is, how fast, and which square is cut out of it."""

import json
import logging
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from apvg_core.errors import MediaError
from apvg_core.extract.unit import Unit
from apvg_core.features.crop import centre_crop, given_crop, square_crop
from apvg_core.features.pose import HolisticEstimator, Pose
from apvg_core.files import write_json
from apvg_core.media.chunks import open_sound
from apvg_core.media.container import SLACK
from apvg_core.media.video import VideoInfo, nominal_rate
from apvg_core.progress import Progress

log = logging.getLogger(__name__)

SAMPLED_FRAMES: Final = 32
"""Pictures, spread over a recording, from which its crop is chosen."""

MIN_FOUND: Final = 0.1
"""Share of the sampled pictures in which there must be a person."""

KEYPOINT_SLACK: Final = 0.01
"""Share of the pictures for which OpenPose's files may be missing or too many: films miscount their own."""

MAX_FPS: Final = 120.0

PART_SECONDS: Final = 60.0
"""Length of the parts in which a recording is looked at, whatever the number of jobs."""


@dataclass(frozen=True)
class Survey:
    """What the first look found.

    Attributes:
        fps: Frames a second of the shards.
        count: Frames; those of the film up to the end of its sound.
        crop: (x, y, side) of the square in pixels of the upright picture.
        filmed: Frames of the whole film.
    """

    fps: float
    count: int
    crop: tuple[int, int, int]
    filmed: int

    @property
    def parts(self) -> list[range]:
        """The frames of each part."""
        step = max(1, round(PART_SECONDS * self.fps))
        return [range(start, min(start + step, self.count)) for start in range(0, self.count, step)]


def survey(unit: Unit, *, progress: Progress) -> Survey:
    """Look at a recording, or read what an earlier look found.

    Raises:
        MediaError: The sound or the pictures cannot be read, or they show nobody.
        ConfigError: The crop asked for does not fit the picture.
    """
    file = unit.work / "survey.json"
    if file.exists():
        found = json.loads(file.read_text(encoding="utf-8"))
        filmed = found.get("filmed", found["count"])
        return Survey(found["fps"], found["count"], tuple(found["crop"]), filmed)
    progress(f"extract {unit.recording.source}", 0, 1)
    with open_sound(unit.recording.sound) as song:  # without sound it is not worth looking at
        heard = song.duration
    video = unit.recording.pictures.probe()
    _check_keypoints(unit, video)
    fps = unit.config.fps or nominal_rate(video.fps)
    if fps > MAX_FPS:
        raise MediaError(f"{unit.recording.source} has {fps:g} frames a second; choose fewer with --fps.")
    filmed = max(1, round(video.duration * fps))
    surveyed = Survey(fps, _heard_frames(unit, filmed, fps, heard), _crop(unit, video), filmed)
    write_json(file, asdict(surveyed))
    return surveyed


def _heard_frames(unit: Unit, filmed: int, fps: float, heard: float) -> int:
    """How many of a film's frames have sound; all, where it ends with the film as honest files do.

    Frames without would teach that players move just so in silence.

    Raises:
        MediaError: None has.
    """
    start = unit.recording.pictures.start
    if start + filmed / fps <= heard + SLACK:
        return filmed
    if heard - start < 1 / fps:
        raise MediaError(f"{_sound_name(unit)} lasts {heard:.1f} s and ends before a picture is shown.")
    return int((heard - start) * fps)


def tell_left_out(unit: Unit, surveyed: Survey) -> None:
    """Say it where a film's last frames are left out, as they have no sound."""
    left_out = surveyed.filmed - surveyed.count
    if left_out:
        log.warning(
            "%s lasts %.1f s and the pictures of %s last %.1f s; what is shown after the sound (%d frames) "
            "is left out.", _sound_name(unit), surveyed.count / surveyed.fps, unit.recording.source,
            surveyed.filmed / surveyed.fps, left_out,
        )  # fmt: skip


def _sound_name(unit: Unit) -> str:
    sound = unit.recording.sound
    if isinstance(sound, Path) and sound not in unit.recording.pictures.files():
        return sound.name
    return f"The sound of {unit.recording.source}"


def _check_keypoints(unit: Unit, video: VideoInfo) -> None:
    """Raise a MediaError if the recording's keypoints are not those of its pictures."""
    folder = unit.keypoint_folder()
    pictures = max(1, round(video.duration * video.fps))
    if folder is not None and abs(len(folder) - pictures) > max(1, KEYPOINT_SLACK * pictures):
        raise MediaError(
            f"{folder.path} describes {len(folder)} pictures and {unit.recording.source} has {pictures}; "
            "have OpenPose write one file for each picture."
        )


def _crop(unit: Unit, video: VideoInfo) -> tuple[int, int, int]:
    wanted = unit.config.crop
    if wanted == "center":
        return centre_crop(video.width, video.height)
    if wanted != "person":
        return given_crop(wanted, video.width, video.height)
    poses = _sampled_poses(unit, video)
    found = sum(pose.found for pose in poses)
    if found < max(1, MIN_FOUND * len(poses)):
        raise MediaError(
            f"No person found in {unit.recording.source} (in {found} of {len(poses)} pictures looked at); "
            "use footage that shows the player from the hips up in good light."
        )
    return square_crop(poses, width=video.width, height=video.height)


def _sampled_poses(unit: Unit, video: VideoInfo) -> list[Pose]:
    """Poses in the whole picture, from all over the recording."""
    folder = unit.keypoint_folder()
    if folder is None:
        with closing(HolisticEstimator(video=False)) as estimator:
            return [estimator(frame) for frame in unit.recording.pictures.sample(SAMPLED_FRAMES)]
    step = max(1, len(folder) // SAMPLED_FRAMES)
    side = max(video.width, video.height)
    scale = side / np.array([video.width, video.height], np.float32)
    in_square = [folder.pose(index, (0, 0, side)) for index in range(0, len(folder), step)]
    return [replace(pose, keypoints=pose.keypoints * scale) for pose in in_square]
