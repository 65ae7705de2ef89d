"""Surveys a recording: its length and frame rate, where the player is, and the background."""

import base64
import json
import logging
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from apvg_core.data.shards import SetUp
from apvg_core.errors import MediaError
from apvg_core.extract.unit import Unit
from apvg_core.features.background import Background, Grey, background_of, moving, same_view, small
from apvg_core.features.crop import Extent, Square, body_of, centre_crop, extent_of, given_crop, square_about
from apvg_core.features.openpose import OpenPoseFolder
from apvg_core.features.pose import HolisticEstimator, Pose
from apvg_core.files import write_json
from apvg_core.media.chunks import open_sound
from apvg_core.media.container import SLACK
from apvg_core.media.video import VideoInfo, nominal_rate
from apvg_core.progress import Progress

log = logging.getLogger(__name__)

SAMPLED_FRAMES: Final = 256
"""Images, spread over a recording, in which motion is searched: a slide is far out for moments."""

POSED_FRAMES: Final = 32
"""Those of them in which the player is searched."""

WANDERING_FRAMES: Final = 32
"""Least number of images whose halves are compared to find out if the camera moved."""

MIN_FOUND: Final = 0.1
"""Share of the sampled images in which there must be a person."""

KEYPOINT_SLACK: Final = 0.01
"""Share of the images for which OpenPose's files may be missing or too many: films miscount their own."""

MAX_FPS: Final = 120.0

PART_SECONDS: Final = 60.0
"""Length of the parts whose poses are estimated apart, whatever the number of jobs."""


@dataclass(frozen=True)
class View:
    """A camera's view of a player.

    Attributes:
        extent: Boxes of the player.
        background: The background.
        wanders: The camera moved while it filmed.
    """

    extent: Extent
    background: Background
    wanders: bool


@dataclass(frozen=True)
class Survey:
    """The result of a survey.

    Attributes:
        fps: Frames a second of the shards.
        count: Number of frames up to the end of the sound.
        filmed: Number of frames of the whole film.
        crop: (x, y, side) of the square in pixels of the upright image; of this recording alone, until
            `squares.share_squares` puts in the one that it shares with others.
        view: Decides which recordings share a square; None where the square was given.
        set_up: The camera, once it is known.
    """

    fps: float
    count: int
    filmed: int
    crop: Square
    view: View | None = None
    set_up: SetUp | None = None

    @property
    def parts(self) -> list[range]:
        """The frames of each part."""
        step = max(1, round(PART_SECONDS * self.fps))
        return [range(start, min(start + step, self.count)) for start in range(0, self.count, step)]


def survey(unit: Unit, *, progress: Progress) -> Survey:
    """Survey a recording, or read the file of an earlier survey.

    Raises:
        MediaError: The sound or the images cannot be read, or they show nobody.
        ConfigError: The requested crop does not fit the image.
    """
    file = unit.work / "survey.json"
    with suppress(OSError, ValueError, KeyError, TypeError):  # missing, or an earlier version's
        return _read(file)
    progress(f"extract {unit.recording.source}", 0, 1)
    with open_sound(unit.recording.sound) as song:  # without sound it is of no use
        sound_seconds = song.duration
    video = unit.recording.images.probe()
    _check_keypoints(unit, video)
    fps = unit.config.fps or nominal_rate(video.fps)
    if fps > MAX_FPS:
        raise MediaError(f"{unit.recording.source} has {fps:g} frames a second; choose fewer with --fps.")
    filmed = max(1, round(video.duration * fps))
    count = _frames_with_sound(unit, filmed, fps, sound_seconds)
    wanted = unit.config.crop
    if wanted == "center":
        surveyed = Survey(fps, count, filmed, centre_crop(video.width, video.height))
    elif wanted != "person":
        surveyed = Survey(fps, count, filmed, given_crop(wanted, video.width, video.height))
    else:
        view = _view(unit, video)
        crop = square_about([view.extent], width=video.width, height=video.height)
        surveyed = Survey(fps, count, filmed, crop, view)
    write_json(file, _as_json(surveyed))
    return surveyed


def _frames_with_sound(unit: Unit, filmed: int, fps: float, sound_seconds: float) -> int:
    """Count a film's frames that have sound: all, where it ends with the film as honest files do.

    Frames without would teach that players move just so in silence.

    Raises:
        MediaError: None has.
    """
    start = unit.recording.images.start
    if start + filmed / fps <= sound_seconds + SLACK:
        return filmed
    if sound_seconds - start < 1 / fps:
        raise MediaError(
            f"{_sound_name(unit)} lasts {sound_seconds:.1f} s and ends before a picture is shown."
        )
    return int((sound_seconds - start) * fps)


def warn_of_unheard_frames(unit: Unit, surveyed: Survey) -> None:
    """Warn where a film's last frames are left out, as they have no sound."""
    left_out = surveyed.filmed - surveyed.count
    if left_out:
        log.warning(
            "%s lasts %.1f s and the pictures of %s last %.1f s; the frames after the end of the sound "
            "(%d) are left out.", _sound_name(unit), surveyed.count / surveyed.fps, unit.recording.source,
            surveyed.filmed / surveyed.fps, left_out,
        )  # fmt: skip


def _sound_name(unit: Unit) -> str:
    sound = unit.recording.sound
    if isinstance(sound, Path) and sound not in unit.recording.images.files():
        return sound.name
    return f"The sound of {unit.recording.source}"


def _check_keypoints(unit: Unit, video: VideoInfo) -> None:
    """Raise a MediaError if the recording's keypoints are not those of its images."""
    folder = unit.keypoint_folder()
    images = max(1, round(video.duration * video.fps))
    if folder is not None and abs(len(folder) - images) > max(1, KEYPOINT_SLACK * images):
        raise MediaError(
            f"{folder.path} describes {len(folder)} pictures and {unit.recording.source} has {images}; "
            "have OpenPose write one file for each picture."
        )


def _view(unit: Unit, video: VideoInfo) -> View:
    """Find the player and the background in images from all over a recording.

    Raises:
        MediaError: They cannot be read, or show nobody.
    """
    poses: list[Pose] = []
    images: list[Grey] = []
    count = max(1, min(SAMPLED_FRAMES, round(video.duration * video.fps)))
    step = max(1, count // POSED_FRAMES)
    folder = unit.keypoint_folder()
    with ExitStack() as stack:
        estimator = (
            None if folder is not None else stack.enter_context(closing(HolisticEstimator(video=False)))
        )
        for index, image in enumerate(unit.recording.images.sample(count)):
            if image.shape[:2] != (video.height, video.width):
                continue  # pose estimation will say so
            images.append(small(image))
            if estimator is not None and index % step == 0:
                poses.append(estimator(image))
    if folder is not None:
        poses = _poses_in(folder, video)
    found = sum(pose.found for pose in poses)
    if found < max(1, MIN_FOUND * len(poses)):
        raise MediaError(
            f"No person found in {unit.recording.source} (in {found} of {len(poses)} pictures looked at); "
            "use footage that shows the player from the hips up in good light."
        )
    return view_of(images, poses, width=video.width, height=video.height)


def view_of(images: Sequence[Grey], poses: Sequence[Pose], *, width: int, height: int) -> View:
    """Tell the player from the background in images from all over a film.

    Args:
        images: Small images, in order [shape=(h, w) each].
        poses: Poses in some of them, at least one found.
        width: Width of the film's own images, in pixels.
        height: Height of the film's own images, in pixels.
    """
    moves = moving(images)
    extent = extent_of(poses, moves, width=width, height=height)
    player = moves | body_of(poses, moves.shape)
    background, *halves = (
        background_of(some, player, width=width, height=height)
        for some in (images, images[: len(images) // 2], images[len(images) // 2 :])
        if some
    )
    wanders = len(images) >= WANDERING_FRAMES and not same_view(*halves)
    return View(extent, background, wanders)


def _poses_in(folder: OpenPoseFolder, video: VideoInfo) -> list[Pose]:
    """Poses in the whole image, from all over the recording."""
    step = max(1, len(folder) // POSED_FRAMES)
    side = max(video.width, video.height)
    scale = side / np.array([video.width, video.height], np.float32)
    in_square = [folder.pose(index, (0, 0, side)) for index in range(0, len(folder), step)]
    return [replace(pose, keypoints=pose.keypoints * scale) for pose in in_square]


def _as_json(survey: Survey) -> dict[str, Any]:
    document: dict[str, Any] = {
        "fps": survey.fps, "count": survey.count, "filmed": survey.filmed, "crop": survey.crop, "view": None
    }  # fmt: skip
    if survey.view is not None:
        extent, background = survey.view.extent, survey.view.background
        document["view"] = {
            "body": extent.body.tolist(),
            "reach": extent.reach.tolist(),
            "background": base64.b64encode(background.encode()).decode(),
            "width": background.width,
            "height": background.height,
            "wanders": survey.view.wanders,
        }
    return document


def _read(file: Path) -> Survey:
    """Read what `_as_json` wrote."""
    found = json.loads(file.read_text(encoding="utf-8"))
    view = found["view"]
    if view is not None:
        view = View(
            Extent(np.array(view["body"]), np.array(view["reach"])),
            Background.decode(base64.b64decode(view["background"]), view["width"], view["height"]),
            view["wanders"],
        )
    return Survey(found["fps"], found["count"], found["filmed"], tuple(found["crop"]), view)
